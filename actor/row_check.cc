#include "actor/row_check.h"

#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace nyala {
namespace {

// By the bits, which many at a time can be looked at: only infinities and NaN have such an
// exponent.
bool AllFinite(const float* x, int64_t n) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t found = 0;
  for (int64_t i = 0; i < n; ++i) {
    uint32_t bits;
    std::memcpy(&bits, x + i, sizeof(bits));
    found |= static_cast<uint32_t>((bits & kExponent) == kExponent);
  }
  return found == 0;
}

}  // namespace

absl::Status EnvironmentFailure(const std::string& id, uint64_t number, absl::string_view what) {
  return absl::InternalError(absl::StrCat("environment '", id, "' (number ", number, "): ", what));
}

absl::Status CheckFinite(const std::string& id, uint64_t first_environment,
                         const TensorSpec& observation, int64_t E, const uint8_t* observations,
                         const float* rewards) {
  const bool floats = observation.dtype == DType::kFloat32;
  const int64_t D = floats ? observation.elements() : 0;
  const auto* const x = reinterpret_cast<const float*>(observations);
  if (AllFinite(x, D * E) && (rewards == nullptr || AllFinite(rewards, E))) {
    return absl::OkStatus();
  }
  for (int64_t e = 0; e < E; ++e) {
    const uint64_t number = first_environment + e;
    if (rewards != nullptr && !std::isfinite(rewards[e])) {
      return EnvironmentFailure(id, number, absl::StrCat("its reward is ", rewards[e]));
    }
    for (int64_t i = e * D; i < (e + 1) * D; ++i) {
      if (std::isfinite(x[i])) continue;
      return EnvironmentFailure(id, number,
                                absl::StrCat("value ", i - e * D, " of its observation is ", x[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace nyala
