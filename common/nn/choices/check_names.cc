#include "common/nn/choices/check_names.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"
#include "common/nn/network.h"
#include "common/nn/optimizer/optimizer.h"
#include "common/rl/algorithms/algorithm.h"
#include "common/rl/distributions/distribution.h"

namespace nyala {
namespace {

template <typename AnyRegistry>
absl::Status Check(const char* kind, const std::string& name, const AnyRegistry& registry) {
  if (registry.Contains(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(UnknownNameMessage(kind, name, registry.Names()));
}

}  // namespace

absl::Status CheckNames(const RunConfig& config) {
  const std::string& policy = config.policy().distribution();
  if (policy != "auto") {
    NYALA_RETURN_IF_ERROR(Check("action distribution", policy, Distributions()));
  }
  NYALA_RETURN_IF_ERROR(Check("algorithm", config.algorithm().name(), Algorithms()));
  // A file is looked at when the network is made.
  if (!absl::StartsWith(config.network().name(), kTorchScriptPrefix)) {
    NYALA_RETURN_IF_ERROR(Check("network", config.network().name(), Networks()));
  }
  return Check("optimizer", config.optimizer().name(), Optimizers());
}

}  // namespace nyala
