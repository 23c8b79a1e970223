// What the tasks of classic control have in common: an Environment around a Task with a state of a
// few numbers and a time limit. Only the tasks' own files include it.
//
// A Task is a struct of
//   using State = ...;                                       // trivially copyable, no padding
//   static State Start(RandomSequence& random);
//   static StepResult Play(ActionRef action, State* state);  // one frame, but for the time limit
//   static void Observe(const State& state, float* out);
//   static bool Possible(const State& state);                // whether it can be played on
//   static constexpr DrawingSize kDrawing;
//   static void Draw(const State& state, Canvas& canvas);
#pragma once

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/environment.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {

template <typename Task>
class ClassicControl final : public Environment {
 public:
  // Its max_episode_steps is the limit.
  explicit ClassicControl(EnvSpec spec) : spec_(std::move(spec)) {}

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    RandomSequence random(seed);
    state_ = Task::Start(random);
    steps_ = 0;
    Task::Observe(state_, observation.floats());
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    StepResult result = Task::Play(action, &state_);
    ++steps_;
    result.truncated = !result.terminated && steps_ >= spec_.max_episode_steps;
    Task::Observe(state_, observation.floats());
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(state_, state);
    AppendValue(steps_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    State saved;
    int64_t steps = 0;
    if (!reader.Read(&saved) || !reader.Read(&steps) || steps < 0 ||
        steps > spec_.max_episode_steps || !reader.at_end() || !Task::Possible(saved)) {
      return absl::InvalidArgumentError(absl::StrCat("not a saved state of ", spec_.id));
    }
    state_ = saved;
    steps_ = steps;
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return Task::kDrawing; }
  void Draw(Canvas& canvas) const override { Task::Draw(state_, canvas); }

 private:
  using State = typename Task::State;

  EnvSpec spec_;
  State state_{};
  int64_t steps_ = 0;
};

}  // namespace nyala
