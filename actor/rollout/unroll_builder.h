// UnrollBuilder: steps E environments through T rows under one policy and writes the unroll.
//
// It carries over from one unroll to the next what the last row left: its observations (row T of an
// unroll is row 0 of the next), its flags and the recurrent state. All of this, with the
// environments, can be saved and continued by another process exactly.
// Ownership: owns the VectorEnv; unrolls are the caller's. Threads: one at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "actor/rollout/hang_detector.h"
#include "actor/rollout/inference.h"
#include "actor/vector_env.h"
#include "common/rl/action_key.h"
#include "common/rl/unroll.h"

namespace nyala {

struct UnrollBuilderOptions {
  int64_t T = 1;
  // Floats of recurrent state per environment: Inference::state_size().
  int64_t state_size = 0;
  // Key the actions, with the number of rows so far.
  uint64_t seed = 0;
  uint64_t first_environment = 0;
  uint64_t first_step = 0;
  // Notes the calls of environments, which may hang. Optional; must outlive the builder.
  CallMark* mark = nullptr;
};

class UnrollBuilder {
 public:
  // Starts an episode in every environment.
  UnrollBuilder(const UnrollBuilderOptions& options, std::unique_ptr<VectorEnv> environments);

  // The shape of every unroll.
  const UnrollSpec& spec() const { return spec_; }

  // Fills all rows of `unroll` (of this spec) and its episodes; ids, versions and resume state are
  // the caller's. An error of `inference` or of an environment is final: the builder must then be
  // dropped. So is Cancelled, once `stop` (if there is one) is true: environments may be slow.
  absl::Status Collect(Inference& inference, Unroll* unroll,
                       const std::atomic<bool>* stop = nullptr);

  // Abandons the episodes under way, without a result, and starts the next one in every
  // environment.
  absl::Status Restart();

  // Appends where the builder stands.
  void SaveState(std::string* state) const;
  // Continues exactly there. InvalidArgument when these are not the bytes of such a builder; it
  // must then be dropped.
  absl::Status RestoreState(absl::string_view state);

 private:
  void BeginUnroll(Unroll* unroll);
  // Acts in row t and steps to row t + 1.
  absl::Status CollectRow(int64_t t, Inference& inference, Unroll* unroll);

  const std::unique_ptr<VectorEnv> environments_;
  CallMark* const mark_;
  const UnrollSpec spec_;
  const int64_t row_bytes_;  // of one row's observations
  uint64_t step_;            // rows so far
  // The row that the next unroll starts with.
  std::vector<uint8_t> pending_observations_;
  std::vector<uint8_t> pending_flags_;
  std::vector<float> state_;  // [E, S] before that row
  absl::Status started_;      // whether it could be reset
  // Scratch.
  std::vector<uint8_t> environment_actions_;
  std::vector<ActionKey> keys_;
  std::vector<EpisodeEnd> ends_;
};

}  // namespace nyala
