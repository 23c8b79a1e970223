#include "actor/environments/small/two_state.h"

#include "actor/shapes.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

class TwoState : public Environment {
 public:
  TwoState() {
    spec_.id = "TwoState";
    spec_.observation = {DType::kFloat32, {2}};
    spec_.action.n = 2;
    spec_.description = "two states and two actions, with known values; for checking algorithms";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    random_ = RandomSequence(seed);
    state_ = static_cast<uint32_t>(random_.Below(2));
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    const int32_t choice = action.discrete();
    StepResult result;
    result.reward = static_cast<float>(TwoStateMdp::kReward[state_][choice]);
    const bool obeys = random_.Uniform() < TwoStateMdp::kObey;
    if ((choice == 1) == obeys) state_ = 1 - state_;
    result.terminated = random_.Uniform() < TwoStateMdp::kTerminate;
    Observe(observation);
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(state_, state);
    AppendValue(random_.seed(), state);
    AppendValue(random_.counter(), state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    uint32_t saved = 0;
    uint64_t seed = 0, counter = 0;
    if (!reader.Read(&saved) || !reader.Read(&seed) || !reader.Read(&counter) || !reader.at_end() ||
        saved > 1) {
      return absl::InvalidArgumentError("not a saved state of TwoState");
    }
    state_ = saved;
    random_ = RandomSequence(seed, counter);
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {160, 80}; }

  // The state it is in is filled.
  void Draw(Canvas& canvas) const override {
    canvas.SetView(0, 0, 2, 1);
    canvas.Clear({255, 255, 255});
    canvas.DrawLines({{0.5, 0.5}, {1.5, 0.5}}, kInk, 2);
    for (const uint32_t state : {0, 1}) {
      const Point center{state + 0.5, 0.5};
      canvas.FillCircle(center, 0.3, kInk);
      canvas.FillCircle(center, 0.26, state == state_ ? kOrange : Color{255, 255, 255});
    }
  }

 private:
  void Observe(ObservationRef observation) const {
    observation.floats()[0] = state_ == 0 ? 1.0f : 0.0f;
    observation.floats()[1] = state_ == 1 ? 1.0f : 0.0f;
  }

  EnvSpec spec_;
  uint32_t state_ = 0;
  RandomSequence random_;
};

// The probability that the state changes after `action`.
double ChangeProbability(int action) {
  return action == 1 ? TwoStateMdp::kObey : 1 - TwoStateMdp::kObey;
}

}  // namespace

TwoStateValues ComputeTwoStateValues(const std::array<double, 2>& switch_probability,
                                     double discount) {
  // V = r + g (1 - c) V + g c V', two linear equations solved by Cramer's rule.
  const double g = discount * (1 - TwoStateMdp::kTerminate);
  double reward[2], change[2];
  for (int s = 0; s < 2; ++s) {
    const double p = switch_probability[s];
    reward[s] = (1 - p) * TwoStateMdp::kReward[s][0] + p * TwoStateMdp::kReward[s][1];
    change[s] = (1 - p) * ChangeProbability(0) + p * ChangeProbability(1);
  }
  const double a = 1 - g * (1 - change[0]), b = -g * change[0];
  const double c = -g * change[1], d = 1 - g * (1 - change[1]);
  const double determinant = a * d - b * c;
  TwoStateValues values;
  values.v[0] = (reward[0] * d - b * reward[1]) / determinant;
  values.v[1] = (a * reward[1] - c * reward[0]) / determinant;
  for (int s = 0; s < 2; ++s) {
    for (int action = 0; action < 2; ++action) {
      const double moves = ChangeProbability(action);
      values.q[s][action] = TwoStateMdp::kReward[s][action] +
                            g * (moves * values.v[1 - s] + (1 - moves) * values.v[s]);
    }
  }
  return values;
}

std::unique_ptr<Environment> MakeTwoState() { return std::make_unique<TwoState>(); }

}  // namespace nyala
