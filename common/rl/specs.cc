#include "common/rl/specs.h"

#include "common/base/check.h"

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

bool TensorSpec::operator==(const TensorSpec& other) const {
  return dtype == other.dtype && shape == other.shape && byte_scale == other.byte_scale;
}

bool ActionSpec::operator==(const ActionSpec& other) const {
  return kind == other.kind && n == other.n && low == other.low && high == other.high &&
         choices == other.choices;
}

int64_t ActionSpec::values(int64_t i) const {
  switch (kind) {
    case Kind::kDiscrete:
      return n;
    case Kind::kMultiDiscrete:
      return choices[i];
    case Kind::kMultiBinary:
      return 2;
    case Kind::kContinuous:
      break;
  }
  NYALA_CHECK(false, "continuous actions have no number of values");
  return 0;
}

}  // namespace nyala
