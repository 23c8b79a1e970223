// Freeway: cross eight lanes of traffic, again and again.
//
// The player starts in the bottom row and moves up and down column 4, at most every third frame.
// Reaching the top row is +1, sends it back to the bottom and gives every car a new direction and a
// new speed. A car of speed s (1 to 5) moves every s + 1 frames and comes back on the other side;
// being hit sends the player back to the bottom. The five trail channels show where a car comes
// from and which speed it has. The episode is cut after 2501 frames: nothing on the board tells of
// it, so it is truncated rather than terminated.
#include <array>

#include "actor/environments/minatar/game.h"

namespace nyala {
namespace {

constexpr int kLanes = 8;
constexpr int kFirstLane = 1;
constexpr int kColumn = 4;
constexpr int kBottom = kMinAtarSize - 1;
constexpr int kRestFrames = 3;
constexpr int kSpeeds = 5;

enum Channel { kPlayer, kCar, kTrail };

struct Freeway {
  static constexpr const char* kName = "Freeway";
  static constexpr const char* kDescription = "cross eight lanes of traffic; MinAtar's rules";
  static constexpr int kChannels = kTrail + kSpeeds;
  static constexpr int64_t kMaxFrames = 2501;
  static constexpr MinAtarMove kMinimal[] = {MinAtarMove::kNone, MinAtarMove::kUp,
                                             MinAtarMove::kDown};

  struct Car {
    int8_t column = 0;
    int8_t step = 1;  // to the right, or -1
    int8_t speed = 1;
    int8_t timer = 1;
  };

  void Start(RandomSequence& random) { Shuffle(random); }

  int Play(MinAtarMove move, RandomSequence& random, bool*) {
    Walk(move);
    int reward = 0;
    if (row == 0) {
      reward = 1;
      Shuffle(random);
      row = kBottom;
    }
    for (int i = 0; i < kLanes; ++i) Drive(cars[i], i + kFirstLane);
    if (rest > 0) --rest;
    return reward;
  }

  void Draw(uint8_t* board) const {
    MarkCell(board, kPlayer, row, kColumn);
    for (int i = 0; i < kLanes; ++i) {
      const Car& car = cars[i];
      MarkCell(board, kCar, i + kFirstLane, car.column);
      MarkCell(board, kTrail + car.speed - 1, i + kFirstLane, Around(car.column - car.step));
    }
  }

  bool Possible() const {
    for (const Car& car : cars) {
      if (!InMinAtarBoard(car.column) || (car.step != 1 && car.step != -1) || car.speed < 1 ||
          car.speed > kSpeeds || car.timer < 0 || car.timer > car.speed) {
        return false;
      }
    }
    return row >= 1 && row <= kBottom && Within(rest, 0, kRestFrames);
  }

  int32_t row = kBottom;       // of the player
  int32_t rest = kRestFrames;  // frames until it can move
  std::array<Car, kLanes> cars{};

 private:
  static int8_t Around(int column) {
    return static_cast<int8_t>((column + kMinAtarSize) % kMinAtarSize);
  }

  // New speeds and directions; the cars stay where they are.
  void Shuffle(RandomSequence& random) {
    for (Car& car : cars) car.speed = static_cast<int8_t>(1 + random.Below(kSpeeds));
    for (Car& car : cars) {
      car.step = random.Uniform() > 0.5 ? 1 : -1;
      car.timer = car.speed;
    }
  }

  void Walk(MinAtarMove move) {
    if (rest > 0 || (move != MinAtarMove::kUp && move != MinAtarMove::kDown)) return;
    rest = kRestFrames;
    if (move == MinAtarMove::kUp) --row;
    if (move == MinAtarMove::kDown && row < kBottom) ++row;
  }

  void Drive(Car& car, int lane) {
    HitAt(car, lane);
    if (car.timer-- > 0) return;
    car.timer = car.speed;
    car.column = Around(car.column + car.step);
    HitAt(car, lane);
  }

  void HitAt(const Car& car, int lane) {
    if (row == lane && car.column == kColumn) row = kBottom;
  }
};

}  // namespace

std::unique_ptr<Environment> MakeMinAtarFreeway(MinAtarActions actions) {
  return std::make_unique<MinAtarEnvironment<Freeway>>(actions);
}

}  // namespace nyala
