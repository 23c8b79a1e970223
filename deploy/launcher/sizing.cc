#include "deploy/launcher/sizing.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/counted.h"
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

ThreadChoice ChooseThreads(const RunConfig& config, int envs_per_thread, int cores) {
  const std::string& environment = config.environment().id();
  std::string because;
  if (TakesTurns(config)) {
    because = absl::StrCat(config.algorithm().name(), " trains on the columns of all actors");
  } else if (absl::StartsWith(environment, "gym:")) {
    because = "one thread at a time holds Python's interpreter, more actors use more cores";
  } else if (absl::StartsWith(environment, "grpc:")) {
    because = "the environments run in another process";
  }
  ThreadChoice choice;
  if (because.empty()) choice.threads = cores;
  const int threads = because.empty() ? cores : config.actor().threads();
  choice.why = absl::StrCat(Counted(cores, "core"), ": ", Counted(threads, "rollout thread"),
                            " of ", Counted(envs_per_thread, "environment"));
  if (!because.empty()) absl::StrAppend(&choice.why, " as the run says (", because, ")");
  choice.why += "; --threads=N takes another number";
  return choice;
}

}  // namespace nyala
