// A game whose every frame is known beforehand, for tests of what plays on an Emulator.
//
// Frame f shows the background of colour 3f mod 200 and, only in even frames, a bright block that
// the actions right and left move. Firing pays 1. A life is lost every frames_per_life frames;
// after the last the game is over `late` frames later.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actor/environments/atari/emulator.h"
#include "actor/state_bytes.h"
#include "common/base/check.h"

namespace nyala {

struct FakeGame {
  int rows = 210, columns = 160;
  int lives = 3, frames_per_life = 100, late = 0;
  // Where the actions go, from Reset on, and how often it was reset; may be null.
  std::vector<int>* acted = nullptr;
  int* resets = nullptr;
};

class FakeEmulator : public Emulator {
 public:
  static constexpr int kNothing = 0, kFire = 1, kRight = 3, kLeft = 4;
  static constexpr uint8_t kBlock = 240;

  explicit FakeEmulator(const FakeGame& game) : game_(game), screen_(game.rows * game.columns) {
    for (int i = 0; i < 256; ++i) {
      const auto grey = static_cast<uint8_t>(i);
      palette_[i] = {grey, static_cast<uint8_t>(255 - i), static_cast<uint8_t>(i / 2), grey};
    }
    for (int action = 0; action < 18; ++action) all_actions_.push_back(action);
    Draw();
  }

  int rows() const override { return game_.rows; }
  int columns() const override { return game_.columns; }
  const std::array<EmulatorColor, 256>& palette() const override { return palette_; }
  const std::vector<int>& all_actions() const override { return all_actions_; }
  const std::vector<int>& minimal_actions() const override { return minimal_actions_; }

  void Reset() override {
    if (game_.acted != nullptr) game_.acted->clear();
    if (game_.resets != nullptr) ++*game_.resets;
    at_ = {};
    Draw();
  }

  double Act(int action) override {
    NYALA_CHECK(!over(), "acted after the end");
    if (game_.acted != nullptr) game_.acted->push_back(action);
    ++at_.frame;
    at_.column += (action == kRight) - (action == kLeft);
    Draw();
    return action == kFire ? 1 : 0;
  }

  bool over() const override {
    return at_.frame >= game_.lives * game_.frames_per_life + game_.late;
  }
  int lives() const override {
    return std::max(0, game_.lives - at_.frame / game_.frames_per_life);
  }
  const uint8_t* screen() const override { return screen_.data(); }

  void Save(std::string* state) const override { AppendValue(at_, state); }
  absl::Status Restore(absl::string_view state) override {
    StateReader reader(state);
    if (!reader.Read(&at_) || !reader.at_end()) return absl::InvalidArgumentError("not a game");
    Draw();
    return absl::OkStatus();
  }

  int frame() const { return at_.frame; }

 private:
  struct Place {
    int32_t frame = 0;
    int32_t column = 60;
  };

  void Draw() {
    std::fill(screen_.begin(), screen_.end(), static_cast<uint8_t>(3 * at_.frame % 200));
    if (at_.frame % 2 != 0) return;
    const int left = std::clamp(at_.column, 0, game_.columns - 8);
    for (int row = game_.rows / 2; row < game_.rows / 2 + 5; ++row) {
      std::fill_n(screen_.begin() + row * game_.columns + left, 8, kBlock);
    }
  }

  const FakeGame game_;
  std::array<EmulatorColor, 256> palette_;
  std::vector<int> all_actions_;
  const std::vector<int> minimal_actions_ = {kNothing, kFire, kRight, kLeft};
  std::vector<uint8_t> screen_;
  Place at_;
};

}  // namespace nyala
