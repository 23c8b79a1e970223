#include "actor/environments/small/match.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/shapes.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

constexpr int32_t kFrames = 8;
constexpr int64_t kMostElements = 6;

class Match : public Environment {
 public:
  Match(const std::string& id, ActionSpec action, const std::string& description) {
    spec_.id = id;
    spec_.action = std::move(action);
    const std::vector<int64_t>& choices = spec_.action.choices;
    spec_.observation.shape = {
        one_hot() ? std::accumulate(choices.begin(), choices.end(), int64_t{0}) : spec_.action.n};
    spec_.solved_return = 0.95 * kFrames;
    spec_.description = description;
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    random_ = RandomSequence(seed);
    shown_.frame = 0;
    Choose();
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    int matched = 0;
    for (int64_t i = 0; i < spec_.action.n; ++i) matched += action.multi()[i] == shown_.target[i];
    ++shown_.frame;
    Choose();
    Observe(observation);
    return {static_cast<float>(matched) / static_cast<float>(spec_.action.n),
            shown_.frame >= kFrames, false};
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(shown_, state);
    AppendValue(random_.seed(), state);
    AppendValue(random_.counter(), state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    Shown shown;
    uint64_t seed = 0, counter = 0;
    if (!reader.Read(&shown) || !reader.Read(&seed) || !reader.Read(&counter) || !reader.at_end() ||
        !Possible(shown)) {
      return absl::InvalidArgumentError(absl::StrCat("not a saved state of ", spec_.id));
    }
    shown_ = shown;
    random_ = RandomSequence(seed, counter);
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {240, 240}; }

  // A row for each element, its values from left to right, the one to repeat filled.
  void Draw(Canvas& canvas) const override {
    const auto rows = static_cast<double>(spec_.action.n);
    canvas.SetView(0, rows, rows, 0);
    canvas.Clear({255, 255, 255});
    for (int64_t i = 0; i < spec_.action.n; ++i) {
      const int64_t values = spec_.action.values(i);
      const double half = rows / static_cast<double>(values) / 2;
      for (int64_t value = 0; value < values; ++value) {
        const Point center{static_cast<double>(2 * value + 1) * half, static_cast<double>(i) + 0.5};
        canvas.FillPolygon(Rectangle(center, 0.9 * half, 0.4),
                           value == shown_.target[i] ? kOrange : kFaint);
      }
    }
  }

 private:
  struct Shown {
    int32_t frame = 0;
    std::array<int32_t, kMostElements> target{};
  };

  bool one_hot() const { return spec_.action.kind == ActionSpec::Kind::kMultiDiscrete; }

  void Choose() {
    for (int64_t i = 0; i < spec_.action.n; ++i) {
      shown_.target[i] = static_cast<int32_t>(random_.Below(spec_.action.values(i)));
    }
  }

  bool Possible(const Shown& shown) const {
    for (int64_t i = 0; i < spec_.action.n; ++i) {
      if (shown.target[i] < 0 || shown.target[i] >= spec_.action.values(i)) return false;
    }
    return shown.frame >= 0 && shown.frame <= kFrames;
  }

  void Observe(ObservationRef observation) const {
    float* out = observation.floats();
    for (int64_t i = 0; i < spec_.action.n; ++i) {
      if (!one_hot()) {
        *out++ = static_cast<float>(shown_.target[i]);
        continue;
      }
      for (int32_t position = 0; position < spec_.action.choices[i]; ++position) {
        *out++ = position == shown_.target[i] ? 1.0f : 0.0f;
      }
    }
  }

  EnvSpec spec_;
  Shown shown_;
  RandomSequence random_;
};

}  // namespace

std::unique_ptr<Environment> MakeMatchBits() {
  ActionSpec action;
  action.kind = ActionSpec::Kind::kMultiBinary;
  action.n = 6;
  return std::make_unique<Match>("MatchBits", action, "repeat the 6 bits shown; 8 frames");
}

std::unique_ptr<Environment> MakeMatchDials() {
  ActionSpec action;
  action.kind = ActionSpec::Kind::kMultiDiscrete;
  action.choices = {3, 4, 5};
  action.n = 3;
  return std::make_unique<Match>("MatchDials", action,
                                 "set dials of 3, 4 and 5 positions as shown; 8 frames");
}

}  // namespace nyala
