#include "actor/environments/box2d/lunar_lander.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "actor/environment_registry.h"
#include "tests/support/recorded_episodes.h"

namespace nyala {
namespace {

using Observation = std::array<float, 8>;

std::unique_ptr<Environment> Make(const std::string& id) {
  auto made = Environments().Create(id);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

struct Outcome {
  double total = 0;
  int frames = 0;
  StepResult last;
};

// What to do, two throttles or the number of an action in the first, given what was seen.
using Controller = std::array<float, 2> (*)(const Observation&);

Outcome Play(Environment& environment, uint64_t seed, Controller controller) {
  const bool continuous = environment.spec().action.kind == ActionSpec::Kind::kContinuous;
  Outcome outcome;
  Observation seen;
  environment.Reset(seed, ObservationRef{seen.data()});
  while (!outcome.last.terminated && !outcome.last.truncated) {
    const std::array<float, 2> throttles = controller(seen);
    const auto choice = static_cast<int32_t>(throttles[0]);
    const void* const action = continuous ? static_cast<const void*>(throttles.data()) : &choice;
    outcome.last = environment.Step(ActionRef{action}, ObservationRef{seen.data()});
    outcome.total += outcome.last.reward;
    ++outcome.frames;
  }
  return outcome;
}

// Gymnasium's published heuristic: how much to turn and how much to brake, towards `height`.
struct Wish {
  double turn = 0, brake = 0;
};

Wish SteerTo(double height, const Observation& s) {
  const double angle = std::clamp(s[0] * 0.5 + s[2] * 1.0, -0.4, 0.4);
  if (s[6] != 0 || s[7] != 0) return {0, -s[3] * 0.5};
  return {(angle - s[4]) * 0.5 - s[5], (height - s[1]) * 0.5 - s[3] * 0.5};
}

std::array<float, 2> Choose(Wish wish) {
  if (wish.brake > std::abs(wish.turn) && wish.brake > 0.05) return {2, 0};
  if (wish.turn < -0.05) return {3, 0};
  return {wish.turn > 0.05 ? 1.0F : 0.0F, 0};
}

std::array<float, 2> Land(const Observation& s) {
  return Choose(SteerTo(0.55 * std::abs(s[0]), s));
}
std::array<float, 2> Hover(const Observation& s) { return Choose(SteerTo(1, s)); }
std::array<float, 2> Nothing(const Observation&) { return {0, 0}; }

std::array<float, 2> LandByThrottle(const Observation& s) {
  const Wish wish = SteerTo(0.55 * std::abs(s[0]), s);
  return {static_cast<float>(std::clamp(wish.brake * 20 - 1, -1.0, 1.0)),
          static_cast<float>(std::clamp(-wish.turn * 20, -1.0, 1.0))};
}

double MeanReturn(const std::string& id, Controller controller) {
  constexpr int kEpisodes = 50;
  const auto environment = Make(id);
  double total = 0;
  for (int seed = 0; seed < kEpisodes; ++seed) total += Play(*environment, seed, controller).total;
  return total / kEpisodes;
}

LanderThrust ThrustOf(const LanderOptions& options, const std::vector<double>& frame) {
  const std::array<float, 2> throttles = {static_cast<float>(frame[0]),
                                          static_cast<float>(frame[1])};
  LanderThrust thrust = options.continuous ? ContinuousThrust(throttles.data())
                                           : DiscreteThrust(static_cast<int32_t>(frame[0]));
  const size_t at = options.continuous ? 2 : 1;
  thrust.dispersion = {frame[at], frame[at + 1]};
  return thrust;
}

LanderStart StartOf(const std::vector<double>& numbers) {
  LanderStart start;
  std::copy(numbers.begin(), numbers.begin() + 12, start.heights.begin());
  start.force_x = numbers[12];
  start.force_y = numbers[13];
  start.wind = static_cast<int64_t>(numbers[14]);
  start.turbulence = static_cast<int64_t>(numbers[15]);
  return start;
}

// What Box2D 2.3 and 2.4 differ by in flight (see lunar_lander.h), the most when the legs come to
// their limits.
constexpr std::array<double, 8> kTolerances = {5e-4, 5e-4, 3e-3, 3e-3, 5e-4, 7e-3, 0, 0};

TEST(LunarLander, FliesAsGymnasiumsDoesOnTheSameDraws) {
  for (const RecordedEpisode& episode : ReadEpisodes("lunar_lander_episodes.txt", 1)) {
    LanderOptions options;
    options.continuous = episode.title[0] == 1;
    options.enable_wind = episode.title[1] == 1;
    LanderWorld world(options);
    world.Build(StartOf(episode.start[0]));
    const size_t actions = options.continuous ? 2 : 1;
    double shaping = 0;
    ASSERT_GT(episode.frames.size(), 60u);
    for (size_t t = 0; t < 60; ++t) {
      SCOPED_TRACE(t);
      const std::vector<double>& frame = episode.frames[t];
      const LanderThrust thrust = ThrustOf(options, frame);
      world.Step(thrust);
      const std::array<double, 8> state = world.State();
      const double* const wanted = frame.data() + actions + 2;
      for (size_t i = 0; i < state.size(); ++i) {
        EXPECT_NEAR(state[i], wanted[i], kTolerances[i]) << i;
      }
      const double reward = LanderShaping(state) - shaping - 0.3 * thrust.main - 0.03 * thrust.side;
      shaping = LanderShaping(state);
      if (t > 0) {
        EXPECT_NEAR(reward, wanted[8], 0.3);
      }
    }
  }
}

TEST(LunarLander, GymnasiumsHeuristicLandsIt) {
  // There: 264 over 20 episodes, and 283 by throttle.
  EXPECT_GT(MeanReturn("LunarLander-v3", Land), 230);
  EXPECT_GT(MeanReturn("LunarLanderContinuous-v3", LandByThrottle), 250);
}

TEST(LunarLander, RewardsAreGainsLessFuel) {
  const auto environment = Make("LunarLander-v3");
  Observation seen;
  environment->Reset(4, ObservationRef{seen.data()});
  const auto shaping = [&seen] {
    std::array<double, 8> state;
    std::copy(seen.begin(), seen.end(), state.begin());
    const double distance = std::hypot(state[0], state[1]), speed = std::hypot(state[2], state[3]);
    return -100 * (distance + speed + std::abs(state[4])) + 10 * (state[6] + state[7]);
  };
  constexpr std::array<double, 4> kFuel = {0, 0.03, 0.3, 0.03};
  double before = shaping();
  StepResult result;
  for (int32_t t = 0; !result.terminated; ++t) {
    const int32_t action = t % 4;
    result = environment->Step(ActionRef{&action}, ObservationRef{seen.data()});
    if (!result.terminated) {
      EXPECT_NEAR(result.reward, shaping() - before - kFuel[action], 1e-3);
    }
    before = shaping();
  }
}

TEST(LunarLander, EndsAsItLandsCrashesOrLeaves) {
  const auto environment = Make("LunarLander-v3");
  int landed = 0, crashed = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Outcome with = Play(*environment, seed, Land),
                  without = Play(*environment, seed, Nothing);
    landed += with.last.terminated && with.last.reward == 100;
    crashed += without.last.terminated && without.last.reward == -100;
  }
  EXPECT_GE(landed, 15);
  EXPECT_GE(crashed, 19);
  // To the left, with the nose held down, until it is gone.
  const Outcome gone = Play(*environment, 1, [](const Observation& s) {
    return Choose({(0.5 - s[4]) * 0.5 - s[5], s[1] < 1 ? 1.0 : 0.0});
  });
  EXPECT_EQ(gone.last.reward, -100);
}

TEST(LunarLander, HoveringIsTruncated) {
  const Outcome outcome = Play(*Make("LunarLander-v3"), 2, Hover);
  EXPECT_TRUE(outcome.last.truncated);
  EXPECT_EQ(outcome.frames, 1000);
}

TEST(LunarLander, WindBlowsItAway) {
  const auto calm = Make("LunarLander-v3");
  const auto windy = Make("LunarLander-v3,enable_wind=true");
  const auto windless = Make("LunarLander-v3,enable_wind=true,wind_power=0,turbulence_power=0");
  EXPECT_EQ(windy->spec().id, "LunarLander-v3,enable_wind=true");
  int blown = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const double still = Play(*calm, seed, Nothing).total;
    EXPECT_EQ(Play(*windless, seed, Nothing).total, still);
    blown += std::abs(Play(*windy, seed, Nothing).total - still) > 1;
  }
  EXPECT_GE(blown, 9);
}

TEST(LunarLander, FallsAsGravityPulls) {
  const auto light = Make("LunarLander-v3,gravity=-2"), heavy = Make("LunarLander-v3");
  EXPECT_GT(Play(*light, 3, Nothing).frames, 1.5 * Play(*heavy, 3, Nothing).frames);
}

TEST(LunarLander, RefusesArgumentsThatDoNotFit) {
  const auto strong = Environments().Create("LunarLander-v3,gravity=-13").status();
  EXPECT_TRUE(absl::IsInvalidArgument(strong));
  EXPECT_NE(strong.message().find("gravity must lie between -12 and 0"), std::string::npos);
  const auto unknown = Environments().Create("LunarLander-v3,wind=true").status();
  EXPECT_NE(unknown.message().find("wind"), std::string::npos);
  EXPECT_TRUE(absl::IsInvalidArgument(unknown));
}

TEST(LunarLander, DrawsLanderAndFlags) {
  const auto environment = Make("LunarLander-v3");
  Observation seen;
  environment->Reset(0, ObservationRef{seen.data()});
  Canvas canvas(environment->drawing_size().width, environment->drawing_size().height);
  environment->Draw(canvas);
  const std::vector<uint8_t> rgb = canvas.Rgb();
  const auto count = [&rgb](Color color) {
    int pixels = 0;
    for (size_t i = 0; i < rgb.size(); i += 3) {
      pixels += rgb[i] == color.red && rgb[i + 1] == color.green && rgb[i + 2] == color.blue;
    }
    return pixels;
  };
  EXPECT_GT(count({128, 102, 230}), 200);
  EXPECT_GT(count({204, 204, 0}), 100);
}

}  // namespace
}  // namespace nyala
