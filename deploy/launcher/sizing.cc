#include "deploy/launcher/sizing.h"

#include <algorithm>

#include "common/config/run_rules.h"

namespace nyala {

int ChooseActors(const RunConfig& config, int cores) {
  int threads = cores / 2;
  if (TakesTurns(config) || UpdateRuleOf(config) == UpdateRule::kActorGradients) {
    threads = cores;
  } else if (config.device() != "cpu") {
    threads = cores - 1;
  }
  return std::max(1, threads / std::max(1, config.actor().threads()));
}

}  // namespace nyala
