// FakeTrainer: a Trainer that takes each batch for as many frames as it has columns, without a
// network, and records what was asked of it. Threads: one.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "learner/training/trainer.h"

namespace nyala {

class FakeTrainer : public Trainer {
 public:
  UnrollSpec unroll_spec() const override { return {}; }
  absl::StatusOr<StepStats> Step(Slab& slab, uint64_t frames_before) override {
    told_frames.push_back(frames_before);
    StepStats stats;
    if (!answers.empty()) {
      absl::StatusOr<StepStats> answer = std::move(answers.front());
      answers.pop_front();
      if (!answer.ok()) return answer.status();
      stats = *std::move(answer);
    }
    stats.frames = frames_of_a_batch + slab.replayed_frames;
    return stats;
  }
  ParameterSnapshot Snapshot(uint64_t version, uint64_t frames) const override {
    ParameterSnapshot snapshot;
    snapshot.version = version;
    snapshot.frames = frames;
    return snapshot;
  }
  uint64_t layout() const override { return 7; }
  int64_t parameters() const override { return 0; }
  int64_t gradient_values() const override { return 0; }
  std::vector<NamedTensor> ModelTensors() const override { return {}; }
  std::vector<NamedTensor> OptimizerTensors() const override { return {}; }
  absl::Status Restore(const std::vector<NamedTensor>&, const std::vector<NamedTensor>&) override {
    return absl::OkStatus();
  }

  uint64_t frames_of_a_batch = 10;
  // Results of the next steps, in order; after them all is well.
  std::deque<absl::StatusOr<StepStats>> answers;
  std::vector<uint64_t> told_frames;
};

}  // namespace nyala
