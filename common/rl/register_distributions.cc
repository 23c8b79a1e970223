#include <string>

#include "absl/strings/str_format.h"
#include "common/rl/categorical.h"
#include "common/rl/distribution.h"

namespace nyala {
namespace {

using Made = absl::StatusOr<std::unique_ptr<ActionDistribution>>;

Made MakeCategorical(const PolicyConfig&, const ActionSpec& action) {
  if (action.kind != ActionSpec::Kind::kDiscrete || action.n < 1) {
    return absl::InvalidArgumentError(
        "the 'categorical' distribution needs an environment with discrete actions");
  }
  return std::make_unique<Categorical>(action.n);
}

}  // namespace

DistributionRegistry& Distributions() {
  static DistributionRegistry& registry = *[] {
    auto* made = new DistributionRegistry("action distribution");
    made->Register("categorical", MakeCategorical);
    return made;
  }();
  return registry;
}

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeDistribution(const PolicyConfig& policy,
                                                                     const ActionSpec& action) {
  const std::string& name = policy.distribution();
  return Distributions().Create(name == "auto" ? "categorical" : name, policy, action);
}

}  // namespace nyala
