#include "common/config/run_rules.h"

#include <string>

namespace nyala {

UpdateRule UpdateRuleOf(const RunConfig& config) {
  const std::string& name = config.algorithm().name();
  if (name == "a2c") return UpdateRule::kSynchronous;
  if (name == "reinforce" || name == "cem") return UpdateRule::kWholeSessions;
  if (name == "a3c") return UpdateRule::kActorGradients;
  return UpdateRule::kAsynchronous;
}

bool IsSynchronous(const RunConfig& config) { return UpdateRuleOf(config) == UpdateRule::kSynchronous; }

int32_t UnrollWindow(const RunConfig& config) {
  return IsSynchronous(config) ? 0 : config.actor().window();
}

}  // namespace nyala
