// Swimmers: what swims or flies through MinAtar's Seaquest, in the order of its coming.
//
// The game goes through such a list from the newest to the oldest and removes while it does. What
// is removed is the oldest that equals the one at hand, as in the original: when two are equal the
// one at hand is then met a second time.
#pragma once

#include <algorithm>

#include "actor/environments/minatar/game.h"

namespace nyala {

struct Swimmer {
  int8_t column = 0;
  int8_t row = 0;
  int8_t step = 1;        // to the right, or -1
  int8_t move_timer = 0;  // frames until it moves; unused by bullets
  int8_t shot_timer = 0;  // frames until it fires; only submarines do

  bool operator==(const Swimmer& other) const {
    return column == other.column && row == other.row && step == other.step &&
           move_timer == other.move_timer && shot_timer == other.shot_timer;
  }
};

// Enters from the left or from the right, in row 0.
inline Swimmer AtRandomSide(RandomSequence& random) {
  const bool from_left = random.Uniform() < 0.5;
  Swimmer swimmer;
  swimmer.column = static_cast<int8_t>(from_left ? 0 : kMinAtarSize - 1);
  swimmer.step = static_cast<int8_t>(from_left ? 1 : -1);
  return swimmer;
}

template <int N>
struct Swimmers {
  int32_t size = 0;
  Swimmer at[N];

  // Beyond N, which the rules never reach, it gets lost.
  void Add(const Swimmer& swimmer) {
    if (size < N) at[size++] = swimmer;
  }

  // Moves number i by a cell and returns a copy of it.
  Swimmer Advance(int i) {
    at[i].column = static_cast<int8_t>(at[i].column + at[i].step);
    return at[i];
  }

  // Removes the oldest that equals `swimmer`, which is there; returns its number.
  int Remove(const Swimmer swimmer) {
    const int i = static_cast<int>(std::find(at, at + size, swimmer) - at);
    RemoveNumber(i);
    return i;
  }

  // Removes the oldest at the place of `other`; false where there is none.
  bool RemoveAt(const Swimmer& other) {
    for (int i = 0; i < size; ++i) {
      if (at[i].column != other.column || at[i].row != other.row) continue;
      RemoveNumber(i);
      return true;
    }
    return false;
  }

  // Whether one swims in its row the other way.
  bool Oppose(const Swimmer& other) const {
    return std::any_of(at, at + size, [&other](const Swimmer& swimmer) {
      return swimmer.row == other.row && swimmer.step != other.step;
    });
  }

  // With the places they come from in channel `trail`, if that is not negative.
  void Draw(uint8_t* board, int channel, int trail) const {
    for (int i = 0; i < size; ++i) {
      MarkCell(board, channel, at[i].row, at[i].column);
      const int behind = at[i].column - at[i].step;
      if (trail >= 0 && InMinAtarBoard(behind)) MarkCell(board, trail, at[i].row, behind);
    }
  }

  bool Possible() const {
    return size >= 0 && size <= N && std::all_of(at, at + size, [](const Swimmer& swimmer) {
             return InMinAtarBoard(swimmer.column) && InMinAtarBoard(swimmer.row) &&
                    (swimmer.step == 1 || swimmer.step == -1);
           });
  }

 private:
  void RemoveNumber(int i) {
    std::copy(at + i + 1, at + size, at + i);
    --size;
  }
};

}  // namespace nyala
