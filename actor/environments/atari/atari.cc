#include "actor/environments/atari/atari.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actor/environments/atari/box_filter.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

constexpr int kSide = 84;
constexpr int64_t kMostFrames = int64_t{1} << 40;

class Atari : public Environment {
 public:
  Atari(const AtariOptions& options, std::unique_ptr<Emulator> emulator)
      : options_(options),
        emulator_(std::move(emulator)),
        actions_(options.full_action_space ? emulator_->all_actions()
                                           : emulator_->minimal_actions()),
        pixels_(emulator_->rows() * emulator_->columns()),
        filter_(emulator_->rows(), emulator_->columns(), kSide, kSide),
        seen_(pixels_) {
    spec_.id = options.id;
    spec_.observation = {DType::kUint8, {kSide, kSide}};
    spec_.action.n = static_cast<int64_t>(actions_.size());
    spec_.max_episode_steps = (options.max_frames + options.frame_skip - 1) / options.frame_skip;
    spec_.action_repeat = options.frame_skip;
    spec_.description = "a game of the Arcade Learning Environment";
    for (size_t i = 0; i < grey_.size(); ++i) grey_[i] = emulator_->palette()[i].grey;
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    if (at_.between_lives) {
      at_.between_lives = false;
      std::copy(between_lives_.begin(), between_lives_.end(), observation.bytes());
      return;
    }
    random_ = RandomSequence(seed);
    at_ = {};
    emulator_->Reset();
    DoNothing();
    at_.held = actions_[0];
    at_.lives = emulator_->lives();
    See(/*joined=*/false);
    filter_.Apply(seen_.data(), observation.bytes());
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    StepResult result;
    result.reward = static_cast<float>(Repeat(actions_[action.discrete()]));
    filter_.Apply(seen_.data(), observation.bytes());
    ++at_.step;
    result.terminated = emulator_->over();
    result.truncated = !result.terminated && at_.step >= spec_.max_episode_steps;
    if (LostLife() && !result.terminated && !result.truncated) {
      result.terminated = result.goes_on = at_.between_lives = true;
      between_lives_.assign(observation.bytes(), observation.bytes() + kSide * kSide);
    }
    return result;
  }

  absl::Status SaveState(std::string* state) const override;
  absl::Status RestoreState(absl::string_view state) override;

  DrawingSize drawing_size() const override {
    return {2 * emulator_->columns(), 2 * emulator_->rows()};
  }

  void Draw(Canvas& canvas) const override {
    std::vector<uint8_t> rgb;
    rgb.reserve(3 * pixels_);
    for (int i = 0; i < pixels_; ++i) {
      const EmulatorColor& color = emulator_->palette()[emulator_->screen()[i]];
      rgb.insert(rgb.end(), {color.red, color.green, color.blue});
    }
    canvas.DrawImage(rgb.data(), emulator_->columns(), emulator_->rows());
  }

 private:
  // Where the episode stands, beside the emulator.
  struct Place {
    int64_t step = 0;
    // The action of the newest emulator frame.
    int32_t held = 0;
    int32_t lives = 0;
    // A life was lost, and nobody has asked for the next one yet.
    bool between_lives = false;
  };

  void DoNothing() {
    if (options_.noop_max == 0) return;
    const uint64_t frames = 1 + random_.Below(options_.noop_max);
    for (uint64_t i = 0; i < frames; ++i) {
      emulator_->Act(actions_[0]);
      if (emulator_->over()) emulator_->Reset();
    }
  }

  // Plays the frames of a step, up to the game's end, and sees the last two; returns their reward.
  double Repeat(int action) {
    double reward = 0;
    bool seen = false;
    for (int64_t left = options_.frame_skip; left > 0 && !emulator_->over(); --left) {
      if (options_.sticky == 0 || random_.Uniform() >= options_.sticky) at_.held = action;
      reward += emulator_->Act(at_.held);
      if (left > 2 && !emulator_->over()) continue;
      See(/*joined=*/seen);
      seen = true;
    }
    return reward;
  }

  // The emulator's screen in grey; joined: with what is there by the maximum.
  void See(bool joined) {
    const uint8_t* const screen = emulator_->screen();
    if (joined) {
      for (int i = 0; i < pixels_; ++i) seen_[i] = std::max(seen_[i], grey_[screen[i]]);
    } else {
      for (int i = 0; i < pixels_; ++i) seen_[i] = grey_[screen[i]];
    }
  }

  // The last life is not lost before the game is over: some games count 0 for a while.
  bool LostLife() {
    const int32_t before = std::exchange(at_.lives, emulator_->lives());
    return options_.episodic_life && at_.lives > 0 && at_.lives < before;
  }

  const AtariOptions options_;
  const std::unique_ptr<Emulator> emulator_;
  const std::vector<int> actions_;
  const int pixels_;
  EnvSpec spec_;
  std::array<uint8_t, 256> grey_;
  BoxFilter filter_;
  RandomSequence random_;
  Place at_;
  std::vector<uint8_t> seen_;
  // The newest observation, where a life was lost.
  std::vector<uint8_t> between_lives_ = std::vector<uint8_t>(kSide * kSide);
};

absl::Status Atari::SaveState(std::string* state) const {
  AppendValue(random_.seed(), state);
  AppendValue(random_.counter(), state);
  AppendValue(at_.step, state);
  AppendValue(at_.held, state);
  AppendValue(at_.lives, state);
  AppendValue<uint8_t>(at_.between_lives ? 1 : 0, state);
  if (at_.between_lives) {
    state->append(reinterpret_cast<const char*>(between_lives_.data()), between_lives_.size());
  }
  std::string game;
  emulator_->Save(&game);
  AppendBytes(game, state);
  return absl::OkStatus();
}

absl::Status Atari::RestoreState(absl::string_view state) {
  const absl::Status wrong =
      absl::InvalidArgumentError(absl::StrCat("not a saved state of ", spec_.id));
  StateReader reader(state);
  uint64_t seed = 0, counter = 0;
  Place at;
  uint8_t between_lives = 0;
  if (!reader.Read(&seed) || !reader.Read(&counter) || !reader.Read(&at.step) ||
      !reader.Read(&at.held) || !reader.Read(&at.lives) || !reader.Read(&between_lives)) {
    return wrong;
  }
  std::vector<uint8_t> picture = between_lives_;
  at.between_lives = between_lives != 0;
  for (size_t i = 0; at.between_lives && i < picture.size(); ++i) {
    if (!reader.Read(&picture[i])) return wrong;
  }
  absl::string_view game;
  if (!reader.ReadBytes(&game) || !reader.at_end() || between_lives > 1 || at.step < 0 ||
      at.step > spec_.max_episode_steps ||
      std::find(actions_.begin(), actions_.end(), at.held) == actions_.end()) {
    return wrong;
  }
  if (!emulator_->Restore(game).ok()) return wrong;
  random_ = RandomSequence(seed, counter);
  at_ = at;
  between_lives_ = std::move(picture);
  return absl::OkStatus();
}

absl::Status Wrong(const EnvironmentId& id, absl::string_view argument, absl::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("environment '", id.text, "': argument ", argument, " must be ", wanted));
}

}  // namespace

absl::StatusOr<AtariOptions> ReadAtariOptions(const EnvironmentId& id) {
  AtariOptions options;
  options.id = id.text;
  NYALA_RETURN_IF_ERROR(ReadArguments(id, {{"frame_skip", &options.frame_skip},
                                           {"sticky", &options.sticky},
                                           {"noop_max", &options.noop_max},
                                           {"episodic_life", &options.episodic_life},
                                           {"full_action_space", &options.full_action_space},
                                           {"max_frames", &options.max_frames},
                                           {"mode", &options.cartridge.mode},
                                           {"difficulty", &options.cartridge.difficulty},
                                           {"rom", &options.cartridge.rom}}));
  if (options.frame_skip < 1 || options.frame_skip > 1000)
    return Wrong(id, "frame_skip", "in 1 .. 1000");
  // At 1 no action would ever be taken.
  if (!(options.sticky >= 0 && options.sticky < 1)) return Wrong(id, "sticky", "in [0, 1)");
  if (options.noop_max < 0 || options.noop_max > 10000)
    return Wrong(id, "noop_max", "in 0 .. 10000");
  if (options.max_frames < 1 || options.max_frames > kMostFrames) {
    return Wrong(id, "max_frames", "in 1 .. 2^40");
  }
  return options;
}

std::unique_ptr<Environment> MakeAtari(const AtariOptions& options,
                                       std::unique_ptr<Emulator> emulator) {
  return std::make_unique<Atari>(options, std::move(emulator));
}

}  // namespace nyala
