// Seaquest: a submarine that shoots fish and submarines, rescues divers and has to breathe.
//
// The player moves in rows 0 (the surface) to 8 and fires the way it faces, at most every fifth
// frame; bullets fly a cell a frame. Enemies (one in three a submarine, which fires every eleventh
// frame; else a fish) and divers enter at a random side of a random row from 1 to 8; an enemy that
// would swim against one in its row does not enter. Shooting an enemy is +1, touching one or its
// bullet the end. Up to 6 divers are picked up by touch. Oxygen, 200 frames of it, lasts while the
// player is below the surface; coming up without a diver on board, or running out of oxygen, is the
// end. Coming up fills the oxygen and costs a diver; with 6 on board it first pays +1 for each cell
// of the oxygen gauge and costs all of them and one more (a debt, as in the original). Each time
// the spawn interval shrinks by a frame from 20 to 1, and every other time the move interval from 5
// to 2. The trail shows where fish, submarines and divers come from.
#include <algorithm>

#include "actor/environments/minatar/game.h"
#include "actor/environments/minatar/swimmers.h"

namespace nyala {
namespace {

constexpr int kDeepest = 8;
constexpr int kOxygen = 200;
constexpr int kOxygenCell = kOxygen / kMinAtarSize;
constexpr int kMostDivers = 6;
// More than any session surfaces.
constexpr int kMostDebt = 1 << 30;
constexpr int kReloadFrames = 5;
constexpr int kSpawnFrames = 20;
constexpr int kDiverSpawnFrames = 30;
constexpr int kMoveFrames = 5;
constexpr int kFastestMoveFrames = 2;
constexpr int kDiverMoveFrames = 5;
constexpr int kShotFrames = 10;

enum Channel {
  kFront,
  kBack,
  kFriendly,
  kTrail,
  kHostile,
  kFish,
  kSub,
  kOxygenGauge,
  kDiverGauge,
  kDiver
};

struct Seaquest {
  static constexpr const char* kName = "Seaquest";
  static constexpr const char* kDescription = "shoot, rescue divers and breathe; MinAtar's rules";
  static constexpr int kChannels = 10;
  static constexpr int64_t kMaxFrames = 0;
  static constexpr MinAtarMove kMinimal[] = {MinAtarMove::kNone, MinAtarMove::kLeft,
                                             MinAtarMove::kUp,   MinAtarMove::kRight,
                                             MinAtarMove::kDown, MinAtarMove::kFire};

  void Start(RandomSequence&) {}

  int Play(MinAtarMove move, RandomSequence& random, bool* over) {
    Spawn(random);
    Steer(move);
    int reward = MoveFriendly();
    MoveDivers();
    reward += MoveSubs(over);
    MoveHostile(over);
    reward += MoveFish(over);
    for (int32_t* const timer : {&spawn_timer, &diver_timer, &reload}) *timer -= *timer > 0 ? 1 : 0;
    return reward + Breathe(over);
  }

  void Draw(uint8_t* board) const {
    MarkCell(board, kFront, row, column);
    MarkCell(board, kBack, row, column - facing);
    uint8_t* const gauges = board + (kMinAtarSize - 1) * kMinAtarSize;
    uint8_t* const oxygen_gauge = gauges + kOxygenGauge * kMinAtarCells;
    std::fill(oxygen_gauge, oxygen_gauge + std::max(0, oxygen) / kOxygenCell, 1);
    uint8_t* const diver_end = gauges + kDiverGauge * kMinAtarCells + kMinAtarSize - 1;
    std::fill(diver_end - std::max(0, rescued), diver_end, 1);
    friendly.Draw(board, kFriendly, -1);
    hostile.Draw(board, kHostile, -1);
    fish.Draw(board, kFish, kTrail);
    subs.Draw(board, kSub, kTrail);
    divers.Draw(board, kDiver, kTrail);
  }

  bool Possible() const {
    return friendly.Possible() && hostile.Possible() && fish.Possible() && subs.Possible() &&
           divers.Possible() && InMinAtarBoard(column) && row >= 0 && row <= kDeepest &&
           (facing == 1 || facing == -1) && InMinAtarBoard(column - facing) &&
           Within(oxygen, -1, kOxygen) && Within(rescued, -kMostDebt, kMostDivers) &&
           Within(at_surface, 0, 1) && Within(reload, 0, kReloadFrames) &&
           Within(spawn_frames, 1, kSpawnFrames) && Within(spawn_timer, 0, kSpawnFrames) &&
           Within(diver_timer, 0, kDiverSpawnFrames) && Within(ramps, 0, kMostDebt) &&
           Within(move_frames, kFastestMoveFrames, kMoveFrames);
  }

  int32_t column = 5, row = 0;
  int32_t facing = -1;  // 1 is to the right
  int32_t oxygen = kOxygen;
  int32_t rescued = 0;
  int32_t at_surface = 1;  // since a frame ago
  int32_t reload = 0;
  int32_t spawn_frames = kSpawnFrames, spawn_timer = kSpawnFrames;
  int32_t diver_timer = kDiverSpawnFrames;
  int32_t move_frames = kMoveFrames;
  int32_t ramps = 0;
  // More than the rules let there be at a time.
  Swimmers<8> friendly, divers;
  Swimmers<64> hostile, fish, subs;

 private:
  bool Touches(const Swimmer& swimmer) const {
    return swimmer.column == column && swimmer.row == row;
  }

  void Spawn(RandomSequence& random) {
    if (spawn_timer == 0) {
      SpawnEnemy(random);
      spawn_timer = spawn_frames;
    }
    if (diver_timer == 0) {
      Swimmer diver = AtRandomSide(random);
      diver.row = RandomRow(random);
      diver.move_timer = kDiverMoveFrames;
      divers.Add(diver);
      diver_timer = kDiverSpawnFrames;
    }
  }

  static int8_t RandomRow(RandomSequence& random) {
    return static_cast<int8_t>(1 + random.Below(kDeepest));
  }

  void SpawnEnemy(RandomSequence& random) {
    Swimmer enemy = AtRandomSide(random);
    const bool is_sub = random.Uniform() < 1.0 / 3;
    enemy.row = RandomRow(random);
    if (fish.Oppose(enemy) || subs.Oppose(enemy)) return;
    enemy.move_timer = static_cast<int8_t>(move_frames);
    if (!is_sub) return fish.Add(enemy);
    enemy.shot_timer = kShotFrames;
    subs.Add(enemy);
  }

  void Steer(MinAtarMove move) {
    switch (move) {
      case MinAtarMove::kFire:
        if (reload > 0) break;
        friendly.Add({static_cast<int8_t>(column), static_cast<int8_t>(row),
                      static_cast<int8_t>(facing), 0, 0});
        reload = kReloadFrames;
        break;
      case MinAtarMove::kLeft:
        column = std::max(0, column - 1);
        facing = -1;
        break;
      case MinAtarMove::kRight:
        column = std::min(kMinAtarSize - 1, column + 1);
        facing = 1;
        break;
      case MinAtarMove::kUp:
        row = std::max(0, row - 1);
        break;
      case MinAtarMove::kDown:
        row = std::min(kDeepest, row + 1);
        break;
      case MinAtarMove::kNone:
        break;
    }
  }

  int MoveFriendly() {
    int reward = 0;
    for (int i = friendly.size - 1; i >= 0; --i) {
      const Swimmer bullet = friendly.Advance(i);
      if (!InMinAtarBoard(bullet.column)) {
        friendly.Remove(bullet);
      } else if (fish.RemoveAt(bullet) || subs.RemoveAt(bullet)) {
        friendly.Remove(bullet);
        ++reward;
      }
    }
    return reward;
  }

  void MoveDivers() {
    for (int i = divers.size - 1; i >= 0; --i) {
      if (Rescue(divers.at[i])) continue;
      if (divers.at[i].move_timer-- > 0) continue;
      divers.at[i].move_timer = kDiverMoveFrames;
      const Swimmer diver = divers.Advance(i);
      if (!InMinAtarBoard(diver.column)) {
        divers.Remove(diver);
      } else {
        Rescue(diver);
      }
    }
  }

  bool Rescue(const Swimmer& diver) {
    if (!Touches(diver) || rescued >= kMostDivers) return false;
    divers.Remove(diver);
    ++rescued;
    return true;
  }

  // Moves enemy i of `enemies` when its time has come. Returns the index removed, or -1.
  template <int N>
  int MoveEnemy(Swimmers<N>& enemies, int i, int* reward, bool* over) {
    if (Touches(enemies.at[i])) *over = true;
    if (enemies.at[i].move_timer-- > 0) return -1;
    enemies.at[i].move_timer = static_cast<int8_t>(move_frames);
    const Swimmer enemy = enemies.Advance(i);
    if (!InMinAtarBoard(enemy.column)) return enemies.Remove(enemy);
    if (Touches(enemy)) {
      *over = true;
      return -1;
    }
    if (!friendly.RemoveAt(enemy)) return -1;
    ++*reward;
    return enemies.Remove(enemy);
  }

  int MoveFish(bool* over) {
    int reward = 0;
    for (int i = fish.size - 1; i >= 0; --i) MoveEnemy(fish, i, &reward, over);
    return reward;
  }

  // A submarine may fire even in the frame in which it leaves or is hit.
  int MoveSubs(bool* over) {
    int reward = 0;
    for (int i = subs.size - 1; i >= 0; --i) {
      Swimmer gone = subs.at[i];
      gone.column = static_cast<int8_t>(gone.column + (gone.move_timer == 0 ? gone.step : 0));
      const int removed = MoveEnemy(subs, i, &reward, over);
      // Equal ones are removed by value, so that this one may have moved up by a place.
      Swimmer& sub = removed < 0 ? subs.at[i] : removed == i ? gone : subs.at[i - 1];
      if (sub.shot_timer-- > 0) continue;
      sub.shot_timer = kShotFrames;
      hostile.Add({sub.column, sub.row, sub.step, 0, 0});
    }
    return reward;
  }

  void MoveHostile(bool* over) {
    for (int i = hostile.size - 1; i >= 0; --i) {
      if (Touches(hostile.at[i])) *over = true;
      const Swimmer bullet = hostile.Advance(i);
      if (!InMinAtarBoard(bullet.column)) {
        hostile.Remove(bullet);
      } else if (Touches(bullet)) {
        *over = true;
      }
    }
  }

  int Breathe(bool* over) {
    if (oxygen <= 0) *over = true;
    if (row > 0) {
      --oxygen;
      at_surface = 0;
      return 0;
    }
    if (at_surface == 1) return 0;
    if (rescued == 0) {
      *over = true;
      return 0;
    }
    return Surface();
  }

  int Surface() {
    int reward = 0;
    if (rescued == kMostDivers) {
      rescued = 0;
      reward = oxygen / kOxygenCell;
    }
    at_surface = 1;
    oxygen = kOxygen;
    --rescued;
    if (spawn_frames == 1 && move_frames == kFastestMoveFrames) return reward;
    if (move_frames > kFastestMoveFrames && ramps % 2 == 1) --move_frames;
    if (spawn_frames > 1) --spawn_frames;
    ++ramps;
    return reward;
  }
};

}  // namespace

std::unique_ptr<Environment> MakeMinAtarSeaquest(MinAtarActions actions) {
  return std::make_unique<MinAtarEnvironment<Seaquest>>(actions);
}

}  // namespace nyala
