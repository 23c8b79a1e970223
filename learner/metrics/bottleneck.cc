#include "learner/metrics/bottleneck.h"

#include "absl/strings/str_format.h"
#include "common/base/counted.h"

namespace nyala {
namespace {

// Where actors and learner take turns and are equally quick, each waits for half of the time.
constexpr double kTurnsOfActors = 0.6;
constexpr double kTurnsOfLearner = 0.4;
// Else nobody should wait for more than this.
constexpr double kMuch = 0.25;
// A learner that never waits is the slower one.
constexpr double kLittle = 0.1;

}  // namespace

std::string NameBottleneck(const WaitingTimes& times) {
  const std::string actors = "actors (add --actors or cores)";
  const std::string learner = absl::StrFormat("learner (%s)", times.learner_help);
  if (times.actors == 0) return "actors (there is none)";
  if (times.awaited > 0) {
    return absl::StrFormat("actors (waiting for the first batch: actor.actors announces %s more)",
                           Counted(times.awaited, "rollout thread"));
  }
  if (times.takes_turns) {
    if (times.waiting > kTurnsOfActors) return actors;
    return times.waiting < kTurnsOfLearner ? learner : "none (actors and learner take turns)";
  }
  if (times.waiting > kMuch) return actors;
  if (times.blocked > kMuch || times.waiting < kLittle) return learner;
  return "none (balanced)";
}

}  // namespace nyala
