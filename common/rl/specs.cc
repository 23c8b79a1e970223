#include "common/rl/specs.h"

namespace nyala {

int64_t SizeOf(DType dtype) { return dtype == DType::kUint8 ? 1 : 4; }

const char* NameOf(DType dtype) {
  switch (dtype) {
    case DType::kUint8:
      return "uint8";
    case DType::kInt32:
      return "int32";
    case DType::kFloat32:
      return "float32";
  }
  return "?";
}

int64_t TensorSpec::elements() const {
  int64_t product = 1;
  for (const int64_t size : shape) product *= size;
  return product;
}

}  // namespace nyala
