// Evaluate: plays whole episodes with fixed parameters and reports their returns.
//
// Several environments are played together, each for a number of episodes that is fixed beforehand:
// taking the first episodes to end would prefer the short ones. Recurrent state is kept.
// Blocking: until all episodes have ended, or a stop is requested. Uses one thread, the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "actor/rollout/hang_detector.h"
#include "actor/rollout/inference.h"
#include "actor/vector_env.h"
#include "common/rl/snapshot.h"
#include "common/rl/unroll.h"
#include "common/system/stop.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// In an environment without a time limit a policy may go on for ever.
inline constexpr uint64_t kUnendingFrames = 100'000;

struct EvalOptions {
  // Its environment and network are used.
  RunConfig config;
  // At least 1.
  int64_t episodes = 100;
  // Frames after which an episode is cut, as by a time limit; 0: it is played to its end. Unset, it
  // is batch.max_session_frames in runs on whole sessions that have it, else kUnendingFrames where
  // the environment has no limit of its own.
  std::optional<uint64_t> max_episode_frames;
  // The mode of the policy instead of a sample.
  bool greedy = false;
  // Decides starts and sampled actions.
  uint64_t seed = 0;
  // Sees every frame of every episode; they are then played one after the other.
  Watch watch;
  // As ActorOptions::on_hang.
  HangHandler on_hang;
};

struct EvalResult {
  // Ordered by environment, then by time: a function of the options and the parameters alone.
  std::vector<EpisodeResult> episodes;
  // How many of them were cut, and after how many frames.
  int64_t cut = 0;
  uint64_t cut_frames = 0;
};

// Cancelled when stopped; InvalidArgument, NotFound or FailedPrecondition when environment, network
// and parameters do not fit each other, or when the environment to be watched does not draw.
absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options, const ParameterSnapshot& parameters,
                                    StopSource& stop);
// With an inference of the caller's own in place of the network (options.greedy is not used).
absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options,
                                    const InferenceFactory& make_inference,
                                    const ParameterSnapshot& parameters, StopSource& stop);

}  // namespace nyala
