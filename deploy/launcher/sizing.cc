#include "deploy/launcher/sizing.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/base/file.h"
#include "common/config/run_rules.h"

namespace nyala {

int UsableCores() {
  cpu_set_t set;
  int cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
  // "QUOTA PERIOD" in microseconds, or "max PERIOD" (cgroup v2).
  const auto limit = ReadFile("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (limit.ok() && std::sscanf(limit->c_str(), "%lf %lf", &quota, &period) == 2 && period > 0) {
    cores = std::min(cores, static_cast<int>(std::ceil(quota / period)));
  }
  return std::max(1, cores);
}

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
