// Asterix: collect gold, keep away from enemies.
//
// The player moves freely in rows 1 to 8. Each of those rows holds at most one thing, gold (one in
// three) or an enemy, which enters at a random side whenever the spawn timer runs out and a row is
// free, crosses the board a cell per move interval, and leaves. Gold is +1, an enemy the end; the
// player meets a thing by walking onto it or by being walked onto. Every 102 frames the spawn
// interval shrinks by a frame from 10, and every other time the move interval from 5, down to 1.
// The trail shows where a thing comes from.
#include <array>

#include "actor/environments/minatar/game.h"

namespace nyala {
namespace {

constexpr int kRows = 8;
constexpr int kFirstRow = 1;
constexpr int kRampFrames = 100;
constexpr int kSpawnFrames = 10;
constexpr int kMoveFrames = 5;

enum Channel { kPlayer, kEnemy, kTrail, kGold };

struct Asterix {
  static constexpr const char* kName = "Asterix";
  static constexpr const char* kDescription = "collect gold, avoid enemies; MinAtar's rules";
  static constexpr int kChannels = 4;
  static constexpr int64_t kMaxFrames = 0;
  static constexpr MinAtarMove kMinimal[] = {MinAtarMove::kNone, MinAtarMove::kLeft,
                                             MinAtarMove::kUp, MinAtarMove::kRight,
                                             MinAtarMove::kDown};

  // What a row holds.
  struct Thing {
    int8_t there = 0;
    int8_t gold = 0;
    int8_t column = 0;
    int8_t step = 1;  // to the right, or -1
  };

  void Start(RandomSequence&) {}

  int Play(MinAtarMove move, RandomSequence& random, bool* over) {
    if (spawn_timer == 0) {
      Spawn(random);
      spawn_timer = spawn_frames;
    }
    Walk(move);
    int reward = Meet(over);
    if (move_timer == 0) {
      move_timer = move_frames;
      MoveThings();
      reward += Meet(over);
    }
    --spawn_timer;
    --move_timer;
    Ramp();
    return reward;
  }

  void Draw(uint8_t* board) const {
    MarkCell(board, kPlayer, row, column);
    for (int i = 0; i < kRows; ++i) {
      const Thing& thing = things[i];
      if (thing.there == 0) continue;
      MarkCell(board, thing.gold != 0 ? kGold : kEnemy, i + kFirstRow, thing.column);
      const int behind = thing.column - thing.step;
      if (InMinAtarBoard(behind)) MarkCell(board, kTrail, i + kFirstRow, behind);
    }
  }

  bool Possible() const {
    for (const Thing& thing : things) {
      if ((thing.there != 0 && thing.there != 1) || !InMinAtarBoard(thing.column) ||
          (thing.step != 1 && thing.step != -1))
        return false;
    }
    return InMinAtarBoard(column) && row >= kFirstRow && row < kFirstRow + kRows &&
           Within(spawn_frames, 1, kSpawnFrames) && Within(spawn_timer, 0, kSpawnFrames) &&
           Within(move_frames, 1, kMoveFrames) && Within(move_timer, 0, kMoveFrames) &&
           Within(ramp_timer, -1, kRampFrames) && ramps >= 0;
  }

  int32_t column = 5, row = 5;  // of the player
  std::array<Thing, kRows> things{};
  int32_t spawn_frames = kSpawnFrames, spawn_timer = kSpawnFrames;
  int32_t move_frames = kMoveFrames, move_timer = kMoveFrames;
  int32_t ramp_timer = kRampFrames, ramps = 0;

 private:
  void Spawn(RandomSequence& random) {
    const bool from_left = random.Uniform() < 0.5;
    const bool gold = random.Uniform() < 1.0 / 3;
    int free_rows = 0;
    for (const Thing& thing : things) free_rows += 1 - thing.there;
    if (free_rows == 0) return;
    auto skip = static_cast<int>(random.Below(free_rows));
    for (Thing& thing : things) {
      if (thing.there != 0 || skip-- > 0) continue;
      thing = {1, static_cast<int8_t>(gold), static_cast<int8_t>(from_left ? 0 : kMinAtarSize - 1),
               static_cast<int8_t>(from_left ? 1 : -1)};
      return;
    }
  }

  void Walk(MinAtarMove move) {
    if (move == MinAtarMove::kLeft && column > 0) --column;
    if (move == MinAtarMove::kRight && column < kMinAtarSize - 1) ++column;
    if (move == MinAtarMove::kUp && row > kFirstRow) --row;
    if (move == MinAtarMove::kDown && row < kFirstRow + kRows - 1) ++row;
  }

  int Meet(bool* over) {
    Thing& thing = things[row - kFirstRow];
    if (thing.there == 0 || thing.column != column) return 0;
    if (thing.gold == 0) {
      *over = true;
      return 0;
    }
    thing = Thing();
    return 1;
  }

  void MoveThings() {
    for (Thing& thing : things) {
      if (thing.there == 0) continue;
      thing.column = static_cast<int8_t>(thing.column + thing.step);
      if (!InMinAtarBoard(thing.column)) thing = Thing();
    }
  }

  void Ramp() {
    if (spawn_frames == 1 && move_frames == 1) return;
    if (ramp_timer-- >= 0) return;
    if (move_frames > 1 && ramps % 2 == 1) --move_frames;
    if (spawn_frames > 1) --spawn_frames;
    ++ramps;
    ramp_timer = kRampFrames;
  }
};

}  // namespace

std::unique_ptr<Environment> MakeMinAtarAsterix(MinAtarActions actions) {
  return std::make_unique<MinAtarEnvironment<Asterix>>(actions);
}

}  // namespace nyala
