// Summary: summary.json, how a run ended. Written by the learner; the launcher adds what it knows
// of the actors. Threads: any; two processes must not update one file at the same time.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "learner/run/run_counters.h"

namespace nyala {

struct Summary {
  // Trained on, by the whole run.
  uint64_t frames = 0;
  // Trained on again, not counted in `frames`; and how old, in versions, the replayed columns were.
  uint64_t replayed_frames = 0;
  double mean_replay_age = 0;
  // Updates of the whole run, as RunCounters counts them.
  uint64_t updates = 0;
  // Wall seconds from process start; a resumed run counts on from its checkpoint.
  double seconds = 0;
  double frames_per_second = 0;
  // Over the last 100 episodes; NaN (null in the file) before the first episode ended, the best
  // before 100 did.
  double mean_return_100 = std::numeric_limits<double>::quiet_NaN();
  double best_mean_return_100 = std::numeric_limits<double>::quiet_NaN();
  bool goal_reached = false;
  std::optional<double> seconds_to_goal;
  std::optional<uint64_t> frames_to_goal;
  // In versions, over the unrolls trained on.
  struct PolicyLag {
    double mean = 0;
    uint64_t p50 = 0;
    uint64_t p99 = 0;
    uint64_t max = 0;
  };
  PolicyLag policy_lag;
  // Actor processes that joined.
  uint64_t actors = 0;
  // Actor processes that died and were started again, as far as this machine's launcher saw it.
  uint64_t actor_restarts = 0;
  // Learner processes that crashed and were started again, by the launcher that ended last.
  uint64_t learner_restarts = 0;
  // "goal reached", "frame budget used", "interrupted (SIGINT)", ...
  std::string exit_reason;
  // By process: "learner", "actor-0", ...
  std::map<std::string, uint64_t> peak_rss_bytes;
};

// What the counters of a run that took so many wall seconds say.
Summary Summarize(const RunCounters& counters, double seconds);
// The largest resident size this program had in this process; 0 where the system does not tell.
uint64_t PeakRssBytes();

// Readers of `path` see all of it or nothing.
absl::Status WriteSummary(const std::string& path, const Summary& summary);
// InvalidArgument names the field that is missing or wrong.
absl::StatusOr<Summary> ReadSummary(const std::string& path);

// What the launcher knows and the learner does not.
struct SupervisorFacts {
  // Added to (or replaced in) the learner's.
  std::map<std::string, uint64_t> peak_rss_bytes;
  uint64_t actor_restarts = 0;
  uint64_t learner_restarts = 0;
  // Why the learner was told to stop; empty leaves what it wrote.
  std::string exit_reason;
};
absl::Status AddSupervisorFacts(const std::string& path, const SupervisorFacts& facts);

}  // namespace nyala
