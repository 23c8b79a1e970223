// The ground that a walker walks over: slightly uneven, or with stumps, pits and stairs.
//
// Gymnasium's bipedal_walker.py: 200 points at steps of 14 pixels of its picture. Pure functions.
#pragma once

#include <array>
#include <vector>

#include "actor/canvas.h"
#include "common/base/random.h"

namespace nyala {

// 30 pixels of Gymnasium's picture are 1.
constexpr double kTerrainStep = 14 / 30.0;
constexpr int kTerrainPoints = 200;
constexpr int kTerrainStartPad = 20;
constexpr double kTerrainHeight = 400 / 30.0 / 4;

struct WalkerTerrain {
  // Heights of the points, which are kTerrainStep apart.
  std::vector<double> heights;
  // Solid quadrilaterals; none unless it is hard.
  std::vector<std::array<Point, 4>> blocks;
};

// Draws from `random`.
WalkerTerrain DrawWalkerTerrain(bool hard, RandomSequence& random);

}  // namespace nyala
