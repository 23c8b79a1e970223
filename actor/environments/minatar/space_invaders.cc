// Space Invaders: shoot a descending block of aliens.
//
// The cannon moves along the bottom row and fires upwards, at most every fifth frame; bullets fly a
// row a frame. A wave is 4 x 6 aliens; it moves sideways, and where one of it is at the edge it
// turns round and comes down a row instead. It does so every min(12, aliens left) frames; each wave
// that is cleared shortens the 12 by one down to 6 and is followed by the next. Every tenth frame
// the lowest alien of the column nearest to the cannon fires. A hit alien is +1; an alien or a
// bullet that reaches the cannon, or a wave that leaves at the bottom, is the end. Two channels
// tell which way the wave moves.
#include <algorithm>

#include "actor/environments/minatar/game.h"

namespace nyala {
namespace {

constexpr int kBottom = kMinAtarSize - 1;
constexpr int kReloadFrames = 5;
constexpr int kAlienShotFrames = 10;
constexpr int kSlowestWave = 12;
constexpr int kFastestWave = 6;

enum Channel { kCannon, kAlien, kLeftward, kRightward, kFriendly, kHostile };

// The cells of the board as bits, row after row.
using Cells = unsigned __int128;

constexpr Cells kBoard = (Cells{1} << kMinAtarCells) - 1;
constexpr Cells kRow = (Cells{1} << kMinAtarSize) - 1;

constexpr Cells Cell(int row, int column) { return Cells{1} << (row * kMinAtarSize + column); }

constexpr Cells Column(int column) {
  Cells cells = 0;
  for (int row = 0; row < kMinAtarSize; ++row) cells |= Cell(row, column);
  return cells;
}

constexpr Cells Wave() {
  Cells cells = 0;
  for (int row = 0; row < 4; ++row) {
    for (int column = 2; column < 8; ++column) cells |= Cell(row, column);
  }
  return cells;
}

int Count(Cells cells) {
  return __builtin_popcountll(static_cast<uint64_t>(cells)) +
         __builtin_popcountll(static_cast<uint64_t>(cells >> 64));
}

// A row down; what leaves at the bottom comes in at the top.
Cells RolledDown(Cells cells) {
  return (cells << kMinAtarSize | cells >> (kMinAtarCells - kMinAtarSize)) & kBoard;
}

void MarkHalf(uint64_t cells, uint8_t* channel) {
  for (; cells != 0; cells &= cells - 1) channel[__builtin_ctzll(cells)] = 1;
}

void Mark(Cells cells, uint8_t* board, int channel) {
  uint8_t* const to = board + channel * kMinAtarCells;
  MarkHalf(static_cast<uint64_t>(cells), to);
  MarkHalf(static_cast<uint64_t>(cells >> 64), to + 64);
}

struct SpaceInvaders {
  static constexpr const char* kName = "SpaceInvaders";
  static constexpr const char* kDescription = "shoot waves of aliens; MinAtar's rules";
  static constexpr int kChannels = 6;
  static constexpr int64_t kMaxFrames = 0;
  static constexpr MinAtarMove kMinimal[] = {MinAtarMove::kNone, MinAtarMove::kLeft,
                                             MinAtarMove::kRight, MinAtarMove::kFire};

  void Start(RandomSequence&) {}

  int Play(MinAtarMove move, RandomSequence&, bool* over) {
    Act(move);
    friendly >>= kMinAtarSize;
    hostile = hostile << kMinAtarSize & kBoard;
    const Cells cannon = Cell(kBottom, column);
    *over = ((hostile | aliens) & cannon) != 0;
    if (wave_timer == 0) *over |= MoveWave() || (aliens & cannon) != 0;
    if (alien_shot_timer == 0) {
      alien_shot_timer = kAlienShotFrames;
      hostile |= Shooter();
    }
    const Cells hits = aliens & friendly;
    aliens &= ~hits;
    friendly &= ~hits;
    if (reload > 0) --reload;
    --wave_timer;
    --alien_shot_timer;
    if (aliens == 0) NextWave();
    return Count(hits);
  }

  void Draw(uint8_t* board) const {
    MarkCell(board, kCannon, kBottom, column);
    Mark(aliens, board, kAlien);
    Mark(aliens, board, leftward == 1 ? kLeftward : kRightward);
    Mark(friendly, board, kFriendly);
    Mark(hostile, board, kHostile);
  }

  bool Possible() const {
    return aliens != 0 && ((aliens | friendly | hostile) & ~kBoard) == 0 &&
           InMinAtarBoard(column) && Within(reload, 0, kReloadFrames) && Within(leftward, 0, 1) &&
           Within(slowest, kFastestWave, kSlowestWave) && Within(wave_timer, 0, kSlowestWave) &&
           Within(alien_shot_timer, 0, kAlienShotFrames);
  }

  Cells aliens = Wave();
  Cells friendly = 0, hostile = 0;  // bullets
  int32_t column = 5;               // of the cannon
  int32_t reload = 0;
  int32_t leftward = 1;  // whether the wave moves to the left
  int32_t slowest = kSlowestWave, wave_timer = kSlowestWave;
  int32_t alien_shot_timer = kAlienShotFrames;
  // So that there is no padding.
  int32_t spare[2] = {0, 0};

 private:
  void Act(MinAtarMove move) {
    if (move == MinAtarMove::kLeft && column > 0) --column;
    if (move == MinAtarMove::kRight && column < kMinAtarSize - 1) ++column;
    if (move != MinAtarMove::kFire || reload > 0) return;
    friendly |= Cell(kBottom, column);
    reload = kReloadFrames;
  }

  // Whether the wave left at the bottom.
  bool MoveWave() {
    wave_timer = std::min(Count(aliens), slowest);
    const Cells edge = Column(leftward == 1 ? 0 : kMinAtarSize - 1);
    if ((aliens & edge) == 0) {
      aliens = leftward == 1 ? aliens >> 1 : aliens << 1;
      return false;
    }
    leftward = 1 - leftward;
    const bool left = (aliens & kRow << (kBottom * kMinAtarSize)) != 0;
    aliens = RolledDown(aliens);
    return left;
  }

  // The cell of the alien that fires; of two columns as near, the left one's.
  Cells Shooter() const {
    for (int distance = 0; distance < kMinAtarSize; ++distance) {
      for (const int at : {column - distance, column + distance}) {
        if (!InMinAtarBoard(at) || (aliens & Column(at)) == 0) continue;
        int row = kBottom;
        while ((aliens & Cell(row, at)) == 0) --row;
        return Cell(row, at);
      }
    }
    return 0;
  }

  void NextWave() {
    if (slowest > kFastestWave) --slowest;
    aliens = Wave();
  }
};

}  // namespace

std::unique_ptr<Environment> MakeMinAtarSpaceInvaders(MinAtarActions actions) {
  return std::make_unique<MinAtarEnvironment<SpaceInvaders>>(actions);
}

}  // namespace nyala
