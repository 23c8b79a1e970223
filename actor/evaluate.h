// Evaluate: plays whole episodes with fixed parameters and reports their returns.
//
// Several environments are played together, each for a number of episodes that is fixed beforehand:
// taking the first episodes to end would prefer the short ones. Recurrent state is kept.
// Blocking: until all episodes have ended, or a stop is requested. Uses one thread, the caller's.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "actor/hang_detector.h"
#include "actor/inference.h"
#include "actor/vector_env.h"
#include "common/base/stop.h"
#include "common/nn/snapshot.h"
#include "common/rl/unroll.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct EvalOptions {
  // Its environment and network are used.
  RunConfig config;
  // At least 1.
  int64_t episodes = 100;
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
