#include "actor/environments/small/lecture_two_state.h"

#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

class LectureTwoState : public Environment {
 public:
  LectureTwoState() {
    spec_.id = "LectureTwoState";
    spec_.observation = {DType::kFloat32, {2}};
    spec_.action.n = 2;
    spec_.solved_return = 50.5;
    spec_.description = "two states, one frame; the closer of two value tables acts worse";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    state_ = static_cast<uint32_t>(RandomSequence(seed).Below(2));
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    Observe(observation);
    return {static_cast<float>(kLectureTrueQ[state_][action.discrete()]), true, false};
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(state_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    uint32_t saved = 0;
    if (!reader.Read(&saved) || !reader.at_end() || saved > 1) {
      return absl::InvalidArgumentError("not a saved state of LectureTwoState");
    }
    state_ = saved;
    return absl::OkStatus();
  }

 private:
  void Observe(ObservationRef observation) const {
    observation.floats()[0] = state_ == 0 ? 1.0f : 0.0f;
    observation.floats()[1] = state_ == 1 ? 1.0f : 0.0f;
  }

  EnvSpec spec_;
  uint32_t state_ = 0;
};

}  // namespace

double LectureSquaredError(const LectureTable& prediction) {
  double sum = 0;
  for (int s = 0; s < 2; ++s) {
    for (int a = 0; a < 2; ++a) {
      const double error = prediction[s][a] - kLectureTrueQ[s][a];
      sum += error * error;
    }
  }
  return sum / 4;
}

double LectureGreedyReturn(const LectureTable& prediction) {
  double sum = 0;
  for (int s = 0; s < 2; ++s) sum += kLectureTrueQ[s][prediction[s][1] > prediction[s][0] ? 1 : 0];
  return sum / 2;
}

std::unique_ptr<Environment> MakeLectureTwoState() { return std::make_unique<LectureTwoState>(); }

}  // namespace nyala
