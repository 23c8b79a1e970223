#include "actor/environments/small/recall.h"

#include "absl/strings/str_cat.h"
#include "actor/shapes.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

class Recall : public Environment {
 public:
  explicit Recall(int64_t corridor) : choice_frame_(corridor + 1) {
    spec_.id = absl::StrCat("Recall-", corridor);
    spec_.observation = {DType::kFloat32, {3}};
    spec_.action.n = 2;
    // 95 % of the choices right.
    spec_.solved_return = 0.9;
    spec_.description =
        absl::StrCat("choose what a cue asked for ", corridor, " frames ago; needs memory");
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    place_ = {0, static_cast<int64_t>(RandomSequence(seed).Below(2))};
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    StepResult result;
    if (place_.frame == choice_frame_) {
      result.reward = action.discrete() == place_.cue ? 1.0f : -1.0f;
      result.terminated = true;
    } else {
      ++place_.frame;
    }
    Observe(observation);
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(place_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    Place place;
    if (!reader.Read(&place) || !reader.at_end() || place.frame < 0 ||
        place.frame > choice_frame_ || place.cue < 0 || place.cue > 1) {
      return absl::InvalidArgumentError(absl::StrCat("not a saved state of ", spec_.id));
    }
    place_ = place;
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {360, 90}; }

  // A corridor with the cue at its start, shown to the viewer all along, and both choices at its
  // end.
  void Draw(Canvas& canvas) const override {
    canvas.SetView(-1, -1, 7, 1);
    canvas.Clear({255, 255, 255});
    const Color colors[] = {kBlue, kOrange};
    canvas.FillPolygon(Rectangle({3, 0}, 3, 0.25), kFaint);
    canvas.FillPolygon(Rectangle({-0.5, 0}, 0.35, 0.35), colors[place_.cue]);
    for (const int choice : {0, 1}) {
      canvas.FillPolygon(Rectangle({6.5, choice == 0 ? 0.5 : -0.5}, 0.35, 0.35), colors[choice]);
    }
    const double way = static_cast<double>(place_.frame) / static_cast<double>(choice_frame_);
    canvas.FillCircle({0.3 + 5.4 * way, 0}, 0.2, kInk);
  }

 private:
  struct Place {
    int64_t frame = 0;
    int64_t cue = 0;
  };

  void Observe(ObservationRef observation) const {
    float* out = observation.floats();
    out[0] = place_.frame == 0 && place_.cue == 0 ? 1.0f : 0.0f;
    out[1] = place_.frame == 0 && place_.cue == 1 ? 1.0f : 0.0f;
    out[2] = place_.frame == choice_frame_ ? 1.0f : 0.0f;
  }

  const int64_t choice_frame_;
  EnvSpec spec_;
  Place place_;
};

}  // namespace

std::unique_ptr<Environment> MakeRecall(int64_t corridor) {
  return std::make_unique<Recall>(corridor);
}

}  // namespace nyala
