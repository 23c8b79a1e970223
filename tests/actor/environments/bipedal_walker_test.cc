#include "actor/environments/box2d/bipedal_walker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "actor/environment_registry.h"
#include "tests/support/recorded_episodes.h"

namespace nyala {
namespace {

using Observation = std::array<float, WalkerWorld::kObservations>;
using Action = std::array<float, WalkerWorld::kActions>;

// Gymnasium's published heuristic: a machine of three states that puts one foot before the other.
class Heuristic {
 public:
  Action Walk(const Observation& s) {
    const int moving = 4 + 5 * moving_leg_, supporting = 4 + 5 * (1 - moving_leg_);
    Target target;
    Advance(s, moving, supporting, &target);
    Action action;
    for (int leg = 0; leg < 2; ++leg) {
      const int at = 4 + 5 * leg;
      double hip = target.hip[leg] == 0 ? 0 : 0.9 * (target.hip[leg] - s[at]) - 0.25 * s[at + 1];
      double knee =
          target.knee[leg] == 0 ? 0 : 4.0 * (target.knee[leg] - s[at + 2]) - 0.25 * s[at + 3];
      hip -= 0.9 * (0 - s[0]) - 1.5 * s[1];
      knee -= 15.0 * s[3];
      action[2 * leg] = static_cast<float>(std::clamp(0.5 * hip, -1.0, 1.0));
      action[2 * leg + 1] = static_cast<float>(std::clamp(0.5 * knee, -1.0, 1.0));
    }
    return action;
  }

 private:
  // Angles to reach; 0: left alone.
  struct Target {
    std::array<double, 2> hip = {}, knee = {};
  };
  enum class Phase { kStayOnOneLeg, kPutOtherDown, kPushOff };
  static constexpr double kSpeed = 0.29, kSupportKnee = 0.1;

  void Advance(const Observation& s, int moving, int supporting, Target* target) {
    const int leg = moving_leg_, other = 1 - moving_leg_;
    if (phase_ == Phase::kStayOnOneLeg) {
      target->hip[leg] = 1.1;
      target->knee[leg] = -0.6;
      knee_ = std::min(knee_ + (s[2] > kSpeed ? 0.06 : 0.03), kSupportKnee);
      target->knee[other] = knee_;
      if (s[supporting] < 0.10) phase_ = Phase::kPutOtherDown;
    }
    if (phase_ == Phase::kPutOtherDown) {
      target->hip[leg] = 0.1;
      target->knee[leg] = kSupportKnee;
      target->knee[other] = knee_;
      if (s[moving + 4] != 0) {
        phase_ = Phase::kPushOff;
        knee_ = std::min<double>(s[moving + 2], kSupportKnee);
      }
    }
    if (phase_ == Phase::kPushOff) {
      target->knee[leg] = knee_;
      target->knee[other] = 1.0;
      if (s[supporting + 2] > 0.88 || s[2] > 1.2 * kSpeed) {
        phase_ = Phase::kStayOnOneLeg;
        moving_leg_ = other;
      }
    }
  }

  Phase phase_ = Phase::kStayOnOneLeg;
  int moving_leg_ = 0;
  double knee_ = kSupportKnee;
};

std::unique_ptr<Environment> Make(const std::string& id) {
  auto made = Environments().Create(id);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

WalkerStart StartOf(const RecordedEpisode& episode) {
  WalkerStart start;
  start.force = episode.start[0][0];
  start.terrain.heights.assign(episode.start[0].begin() + 1, episode.start[0].end());
  const std::vector<double>& corners = episode.start[1];
  for (size_t i = 1; i + 8 <= corners.size(); i += 8) {
    std::array<Point, 4> block;
    for (size_t k = 0; k < 4; ++k) block[k] = {corners[i + 2 * k], corners[i + 2 * k + 1]};
    start.terrain.blocks.push_back(block);
  }
  return start;
}

// On the first frame Box2D 2.3 and 2.4 agree to rounding; it shows masses, joints, ground and
// lidar. From then on their solvers part (see bipedal_walker.h).
TEST(BipedalWalker, StartsAsGymnasiumsDoesOnTheSameGround) {
  for (const RecordedEpisode& episode : ReadEpisodes("bipedal_walker_episodes.txt", 2)) {
    WalkerWorld world;
    world.Build(StartOf(episode));
    for (size_t t = 0; t < 30; ++t) {
      SCOPED_TRACE(t);
      const std::vector<double>& frame = episode.frames[t];
      world.Step({frame[0], frame[1], frame[2], frame[3]});
      const auto state = world.State();
      for (size_t i = 0; i < state.size(); ++i) {
        EXPECT_NEAR(state[i], frame[4 + i], t == 0 ? 1e-5 : 0.06) << i;
      }
    }
  }
}

TEST(BipedalWalker, GroundIsDrawnAsGymnasiums) {
  RandomSequence random(5);
  const WalkerTerrain easy = DrawWalkerTerrain(false, random);
  EXPECT_TRUE(easy.blocks.empty());
  ASSERT_EQ(easy.heights.size(), 200u);
  for (int i = 0; i <= kTerrainStartPad; ++i) EXPECT_EQ(easy.heights[i], kTerrainHeight);
  for (const double height : easy.heights) EXPECT_NEAR(height, kTerrainHeight, 2);
  // Hard ground: pits are 4 steps deep, stumps 1 or 2 high; both kinds and stairs turn up.
  int stumps = 0, pits = 0, stairs = 0;
  for (int i = 0; i < 20; ++i) {
    for (const std::array<Point, 4>& block : DrawWalkerTerrain(true, random).blocks) {
      const double width = std::round((block[1].x - block[0].x) / kTerrainStep);
      const double height = std::round((block[0].y - block[2].y) / kTerrainStep);
      stumps += height == width;
      pits += height == 4 && width == 1;
      stairs += height == 1 && width == 4;
      EXPECT_TRUE(height == width || height == 4 || width == 4);
    }
  }
  EXPECT_GT(stumps, 20);
  EXPECT_GT(pits, 20);
  EXPECT_GT(stairs, 20);
}

TEST(BipedalWalker, GymnasiumsHeuristicWalks) {
  const auto environment = Make("BipedalWalker-v3");
  double far = 0, total = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Heuristic heuristic;
    Observation seen;
    environment->Reset(seed, ObservationRef{seen.data()});
    StepResult result;
    double episode = 0;
    while (!result.terminated && !result.truncated) {
      const Action action = heuristic.Walk(seen);
      result = environment->Step(ActionRef{action.data()}, ObservationRef{seen.data()});
      episode += result.reward;
    }
    total += episode / 20;
    far = std::max(far, episode);
  }
  // There: 102 over 100 episodes; it falls in most, and else comes to the end.
  EXPECT_GT(total, 20);
  EXPECT_GT(far, 300);
}

TEST(BipedalWalker, RewardsAreGainsLessTorque) {
  const auto environment = Make("BipedalWalker-v3");
  Observation seen;
  environment->Reset(1, ObservationRef{seen.data()});
  for (int t = 0; t < 20; ++t) {
    // Two motors at full and at half torque, the sign does not matter, nor what is beyond.
    const Action action = {1.5F, 0, t % 2 == 0 ? -0.5F : 0.5F, 0};
    const double angle_before = seen[0];
    const StepResult result =
        environment->Step(ActionRef{action.data()}, ObservationRef{seen.data()});
    if (result.terminated) break;
    const double moved =
        (result.reward + 0.028 * 1.5 + 5 * (std::abs(seen[0]) - std::abs(angle_before))) * 30 / 130;
    // seen[2] is the speed per frame times 0.3 * 20.
    EXPECT_NEAR(moved, seen[2] / 6, 0.02) << t;
  }
}

TEST(BipedalWalker, FallingCostsAHundred) {
  const auto environment = Make("BipedalWalker-v3");
  Observation seen;
  environment->Reset(3, ObservationRef{seen.data()});
  StepResult result;
  for (int t = 0; t < 1600 && !result.terminated; ++t) {
    const Action action = {1, 1, 1, 1};
    result = environment->Step(ActionRef{action.data()}, ObservationRef{seen.data()});
  }
  EXPECT_TRUE(result.terminated);
  EXPECT_EQ(result.reward, -100);
}

TEST(BipedalWalker, StandingIsTruncated) {
  for (const auto& [id, limit] :
       {std::pair("BipedalWalker-v3", 1600), std::pair("BipedalWalkerHardcore-v3", 2000)}) {
    const auto environment = Make(id);
    Observation seen;
    environment->Reset(0, ObservationRef{seen.data()});
    StepResult result;
    int frames = 0;
    // Legs far apart, knees straight.
    const Action action = {1, 1, -1, 1};
    while (!result.terminated && !result.truncated) {
      result = environment->Step(ActionRef{action.data()}, ObservationRef{seen.data()});
      ++frames;
    }
    EXPECT_TRUE(result.truncated) << id;
    EXPECT_EQ(frames, limit);
  }
}

}  // namespace
}  // namespace nyala
