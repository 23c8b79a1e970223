#include "deploy/policy/policy_file.h"

#include <memory>

#include "actor/vector_env.h"
#include "common/base/status_macros.h"
#include "common/nn/export.h"
#include "common/nn/flat_parameters.h"
#include "common/nn/network.h"
#include "common/rl/distributions/distribution.h"

namespace nyala {

absl::StatusOr<std::string> PolicyFile(const RunConfig& config,
                                       const ParameterSnapshot& parameters) {
  NYALA_ASSIGN_OR_RETURN(
      const EnvSpec env,
      DescribeEnvironment(config.environment().id(), config.environment().step_timeout_seconds()));
  NYALA_ASSIGN_OR_RETURN(const auto distribution, MakeDistribution(config.policy(), env.action));
  NYALA_ASSIGN_OR_RETURN(const auto network,
                         MakeNetwork(config.network(), env, HeadOf(*distribution), 0));
  FlatParameters flat(*network);
  NYALA_RETURN_IF_ERROR(flat.Load(parameters));
  return ExportPolicy(*network, env.observation);
}

}  // namespace nyala
