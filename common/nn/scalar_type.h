// LibTorch's name of a DType. Pure.
#pragma once

#include <c10/core/ScalarType.h>

#include "common/rl/specs.h"

namespace nyala {

inline c10::ScalarType ScalarTypeOf(DType dtype) {
  switch (dtype) {
    case DType::kUint8:
      return c10::ScalarType::Byte;
    case DType::kInt32:
      return c10::ScalarType::Int;
    case DType::kFloat32:
      return c10::ScalarType::Float;
  }
  return c10::ScalarType::Undefined;
}

}  // namespace nyala
