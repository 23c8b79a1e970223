// Breakout: keep a ball in play and break bricks.
//
// The paddle is a cell of the bottom row; the ball moves one diagonal step a frame. A side wall
// turns it and stops it at the wall; the ceiling turns it downwards. A brick in its way is broken
// for +1 and turns it back into the row it came from, but a ball that broke one in the frame before
// flies through the next. Above the bottom row it bounces off a paddle below it (vertically) or
// diagonally ahead (back the way it came); else it is lost and the game is over. When the ball
// comes to the paddle's row and no brick is left, rows 1 to 3 are filled again.
#include <cstdlib>

#include "actor/environments/minatar/game.h"

namespace nyala {
namespace {

constexpr int kFirstBrickRow = 1;
constexpr int kBricks = 3 * kMinAtarSize;
constexpr uint32_t kWall = (1u << kBricks) - 1;
constexpr int kBottom = kMinAtarSize - 1;

enum Channel { kPaddle, kBall, kTrail, kBrick };

struct Breakout {
  static constexpr const char* kName = "Breakout";
  static constexpr const char* kDescription = "break bricks with a ball; MinAtar's rules";
  static constexpr int kChannels = 4;
  static constexpr int64_t kMaxFrames = 0;
  static constexpr MinAtarMove kMinimal[] = {MinAtarMove::kNone, MinAtarMove::kLeft,
                                             MinAtarMove::kRight};

  void Start(RandomSequence& random) {
    const bool from_right = random.Below(2) == 1;
    column = last_column = from_right ? kBottom : 0;
    right = from_right ? -1 : 1;
  }

  int Play(MinAtarMove move, RandomSequence&, bool* over) {
    if (move == MinAtarMove::kLeft && paddle > 0) --paddle;
    if (move == MinAtarMove::kRight && paddle < kBottom) ++paddle;
    last_column = column;
    last_row = row;
    int ahead = column + right;
    if (!InMinAtarBoard(ahead)) {
      ahead = column;
      right = -right;
    }
    return Fly(ahead, over);
  }

  void Draw(uint8_t* board) const {
    MarkCell(board, kBall, row, column);
    MarkCell(board, kPaddle, kBottom, paddle);
    MarkCell(board, kTrail, last_row, last_column);
    uint8_t* const wall = board + kBrick * kMinAtarCells + kFirstBrickRow * kMinAtarSize;
    for (int i = 0; i < kBricks; ++i) wall[i] = bricks >> i & 1;
  }

  bool Possible() const {
    for (const int32_t cell : {paddle, column, row, last_column, last_row}) {
      if (!InMinAtarBoard(cell)) return false;
    }
    // A ball in the paddle's row is lost: nothing is played on from there.
    return row < kBottom && std::abs(right) == 1 && std::abs(down) == 1 && bricks <= kWall;
  }

  int32_t paddle = 4;
  int32_t column = 0, row = 3;  // of the ball
  int32_t last_column = 0, last_row = 3;
  int32_t right = 1, down = 1;  // its direction: 1 or -1
  int32_t broke = 0;            // whether it is among bricks since it broke one
  uint32_t bricks = kWall;      // a bit each, row after row

 private:
  // The bit of the brick at a cell; 0 where there can be none.
  static uint32_t BrickAt(int at_row, int at_column) {
    const int index = (at_row - kFirstBrickRow) * kMinAtarSize + at_column;
    return index >= 0 && index < kBricks ? 1u << index : 0;
  }

  // On to the column `ahead`, which is on the board.
  int Fly(int ahead, bool* over) {
    int reward = 0;
    int next_row = row + down;
    const uint32_t brick = BrickAt(next_row, ahead);
    const bool among_bricks = (bricks & brick) != 0;
    if (next_row < 0) {
      next_row = 0;
      down = -down;
    } else if (among_bricks && broke == 0) {
      reward = 1;
      bricks &= ~brick;
      next_row = row;
      down = -down;
    } else if (next_row == kBottom) {
      if (bricks == 0) bricks = kWall;
      *over = !Bounce(ahead);
      if (!*over) next_row = row;
    }
    broke = among_bricks ? 1 : 0;
    column = ahead;
    row = next_row;
    return reward;
  }

  // Whether the paddle saves the ball.
  bool Bounce(int ahead) {
    if (column != paddle && ahead != paddle) return false;
    if (column != paddle) right = -right;
    down = -down;
    return true;
  }
};

}  // namespace

std::unique_ptr<Environment> MakeMinAtarBreakout(MinAtarActions actions) {
  return std::make_unique<MinAtarEnvironment<Breakout>>(actions);
}

}  // namespace nyala
