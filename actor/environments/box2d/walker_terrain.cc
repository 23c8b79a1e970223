#include "actor/environments/box2d/walker_terrain.h"

#include <utility>

namespace nyala {
namespace {

constexpr int kGrassPoints = 10;
constexpr double kRoughness = 1 / 30.0;

// Walks from left to right through stretches of one kind each. Obstacles follow the original point
// by point, with what it does at their borders.
class TerrainMaker {
 public:
  TerrainMaker(bool hard, RandomSequence& random) : hard_(hard), random_(random) {}

  WalkerTerrain Make() {
    for (int i = 0; i < kTerrainPoints; ++i) {
      Place(i);
      terrain_.heights.push_back(y_);
      begins_ = false;
      if (--left_ == 0) NextStretch();
    }
    return std::move(terrain_);
  }

 private:
  enum Kind { kGrass, kStump, kStairs, kPit };

  void Place(int i) {
    const double x = i * kTerrainStep;
    switch (kind_) {
      case kGrass:
        if (!begins_) Roughen(i);
        break;
      case kStump:
        if (begins_) BeginStump(x);
        break;
      case kStairs:
        begins_ ? BeginStairs(x) : ClimbStairs();
        break;
      case kPit:
        if (begins_) {
          BeginPit(x);
        } else {
          y_ = y_before_ - (left_ > 1 ? 4 * kTerrainStep : 0);
        }
        break;
    }
  }

  void Roughen(int i) {
    const double home = kTerrainHeight - y_;
    slope_ = 0.8 * slope_ + 0.01 * ((home > 0) - (home < 0));
    if (i > kTerrainStartPad) slope_ += random_.Uniform(-1, 1) * kRoughness;
    y_ += slope_;
  }

  void BeginStump(double x) {
    left_ = Between(1, 3);
    AddBlock(x, y_ + left_ * kTerrainStep, left_, left_);
  }

  void BeginPit(double x) {
    left_ = Between(3, 5);
    AddBlock(x, y_, 1, 4);
    AddBlock(x + left_ * kTerrainStep, y_, 1, 4);
    left_ += 2;
    y_before_ = y_;
  }

  void BeginStairs(double x) {
    rise_ = random_.Uniform() > 0.5 ? 1 : -1;
    steps_ = Between(3, 5);
    y_before_ = y_;
    for (int s = 0; s < steps_; ++s) {
      AddBlock(x + s * kStairWidth * kTerrainStep, y_ + s * rise_ * kTerrainStep, kStairWidth, 1);
    }
    left_ = steps_ * kStairWidth;
  }

  void ClimbStairs() {
    const int climbed = steps_ * kStairWidth - left_ - rise_;
    y_ = y_before_ + static_cast<double>(climbed) / kStairWidth * rise_ * kTerrainStep;
  }

  void NextStretch() {
    left_ = Between(kGrassPoints / 2, kGrassPoints);
    begins_ = true;
    kind_ = kind_ == kGrass && hard_ ? static_cast<Kind>(Between(kStump, kPit + 1)) : kGrass;
  }

  // `width` and `height` in steps, down and to the right of its upper left corner.
  void AddBlock(double left, double top, int width, int height) {
    const double right = left + width * kTerrainStep, bottom = top - height * kTerrainStep;
    terrain_.blocks.push_back({{{left, top}, {right, top}, {right, bottom}, {left, bottom}}});
  }

  // In [low, high).
  int Between(int low, int high) { return low + static_cast<int>(random_.Below(high - low)); }

  static constexpr int kStairWidth = 4;

  const bool hard_;
  RandomSequence& random_;
  WalkerTerrain terrain_;
  Kind kind_ = kGrass;
  bool begins_ = false;
  // Points left of this stretch.
  int left_ = kTerrainStartPad;
  double y_ = kTerrainHeight, slope_ = 0, y_before_ = 0;
  int steps_ = 0, rise_ = 0;
};

}  // namespace

WalkerTerrain DrawWalkerTerrain(bool hard, RandomSequence& random) {
  return TerrainMaker(hard, random).Make();
}

}  // namespace nyala
