#include "actor/environments/synthetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <string>
#include <vector>

#include "actor/environment_registry.h"
#include "tests/conformance/environment_conformance.h"

namespace nyala {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(
    Synthetic, EnvironmentConformance,
    testing::Values("synthetic:atari", "synthetic:atari,length=30,length_jitter=29",
                    "synthetic:cartpole,cost_us=1",
                    "synthetic:custom,shape=3x2,dtype=int32,actions=5,action=continuous"),
    [](const auto& info) {
      std::string name = info.param;
      for (char& c : name) c = std::isalnum(c) ? c : '_';
      return name;
    });

SyntheticOptions OptionsOf(const std::string& id) {
  const auto options = ReadSyntheticOptions(*ParseEnvironmentId(id));
  EXPECT_TRUE(options.ok()) << options.status();
  return *options;
}

// Frames until the end.
int64_t PlayEpisode(Environment& environment, uint64_t seed, double* reward_sum = nullptr) {
  std::vector<uint8_t> observation(environment.spec().observation.bytes());
  const std::vector<uint8_t> action(environment.spec().action.bytes());
  environment.Reset(seed, ObservationRef{observation.data()});
  for (int64_t frames = 1;; ++frames) {
    const StepResult result =
        environment.Step(ActionRef{action.data()}, ObservationRef{observation.data()});
    EXPECT_FALSE(result.truncated);
    if (reward_sum != nullptr) *reward_sum += result.reward;
    if (result.terminated) return frames;
  }
}

TEST(Synthetic, NamedOnesAreAsPublished) {
  const EnvSpec atari = OptionsOf("synthetic:atari").spec;
  EXPECT_EQ(atari.observation.dtype, DType::kUint8);
  EXPECT_THAT(atari.observation.shape, ElementsAre(84, 84));
  EXPECT_EQ(atari.action.n, 6);
  const EnvSpec cartpole = OptionsOf("synthetic:cartpole").spec;
  EXPECT_EQ(cartpole.observation.dtype, DType::kFloat32);
  EXPECT_THAT(cartpole.observation.shape, ElementsAre(4));
  EXPECT_EQ(cartpole.action.n, 2);
}

TEST(Synthetic, ArgumentsChangeEveryOne) {
  const SyntheticOptions options = OptionsOf(
      "synthetic:atari,shape=4x84x80,dtype=int32,actions=3,action=continuous,length=7,"
      "length_jitter=2,cost_us=50,cost=wait");
  EXPECT_THAT(options.spec.observation.shape, ElementsAre(4, 84, 80));
  EXPECT_EQ(options.spec.observation.dtype, DType::kInt32);
  EXPECT_EQ(options.spec.action.kind, ActionSpec::Kind::kContinuous);
  EXPECT_THAT(options.spec.action.low, ElementsAre(-1, -1, -1));
  EXPECT_THAT(options.spec.action.high, ElementsAre(1, 1, 1));
  EXPECT_EQ(options.length, 7);
  EXPECT_EQ(options.length_jitter, 2);
  EXPECT_DOUBLE_EQ(options.cost_seconds, 50e-6);
  EXPECT_TRUE(options.waits);
}

TEST(Synthetic, EpisodesHaveTheirLengthAndSomeReward) {
  const auto environment = MakeSynthetic(OptionsOf("synthetic:cartpole,length=400"));
  for (uint64_t seed = 0; seed < 5; ++seed) {
    double sum = 0;
    EXPECT_EQ(PlayEpisode(*environment, seed, &sum), 400);
    EXPECT_NEAR(sum, 400 / 8.0, 5);
  }
}

TEST(Synthetic, JitterReachesBothEnds) {
  const auto environment = MakeSynthetic(OptionsOf("synthetic:custom,length=5,length_jitter=2"));
  std::vector<int> seen(9);
  for (uint64_t seed = 0; seed < 200; ++seed) ++seen.at(PlayEpisode(*environment, seed));
  for (int length = 3; length <= 7; ++length) EXPECT_GT(seen[length], 20) << length;
  EXPECT_EQ(seen[3] + seen[4] + seen[5] + seen[6] + seen[7], 200);
}

TEST(Synthetic, FloatsLieInUnitRange) {
  const auto environment = MakeSynthetic(OptionsOf("synthetic:custom,shape=1000,length=1"));
  std::vector<float> x(1000);
  environment->Reset(1, ObservationRef{x.data()});
  double sum = 0;
  for (const float value : x) {
    EXPECT_GE(value, -1);
    EXPECT_LT(value, 1);
    sum += value;
  }
  // Four standard deviations of a mean of 1000.
  EXPECT_NEAR(sum / 1000, 0, 4 * std::sqrt(1.0 / 3 / 1000));
}

TEST(Synthetic, WaitingAsksForTheCostOfEachStep) {
  SyntheticOptions options = OptionsOf("synthetic:custom,length=3,cost_us=250,cost=wait");
  std::vector<double> waits;
  options.wait = [&](double seconds) { waits.push_back(seconds); };
  PlayEpisode(*MakeSynthetic(options), 1);
  EXPECT_THAT(waits, ElementsAre(250e-6, 250e-6, 250e-6));
}

TEST(Synthetic, BusyStepsLookAtTheClockForTheirCost) {
  SyntheticOptions options = OptionsOf("synthetic:custom,length=10,cost_us=300");
  options.wait = [](double) { FAIL() << "waited"; };
  int64_t microseconds = 0;
  options.clock = [&] { return static_cast<double>(++microseconds) * 1e-6; };
  PlayEpisode(*MakeSynthetic(options), 1);
  EXPECT_NEAR(static_cast<double>(microseconds), 10 * 301, 20);
}

TEST(Synthetic, WrongArgumentsAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"synthetic:atary", "did you mean 'atari'"},
      {"synthetic:custom,shape=3x0", "argument shape must be sizes like 4x84x84"},
      {"synthetic:custom,shape=8192x8193", "2^26 elements"},
      {"synthetic:custom,shape=", "argument shape"},
      {"synthetic:custom,dtype=float64", "dtype must be uint8, int32 or float32"},
      {"synthetic:custom,action=both", "action must be discrete or continuous"},
      {"synthetic:custom,actions=0", "argument actions must be in 1"},
      {"synthetic:custom,length=0", "argument length must be in 1"},
      {"synthetic:custom,length=5,length_jitter=5", "length_jitter must be at least 0 and less"},
      {"synthetic:custom,cost_us=-1", "argument cost_us must be in 0"},
      {"synthetic:custom,cost=idle", "cost must be busy or wait"},
      {"synthetic:custom,colour=3", "unknown argument 'colour'"},
  };
  for (const auto& [id, message] : cases) {
    const auto made = Environments().Create(id);
    ASSERT_FALSE(made.ok()) << id;
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(message));
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(id));
  }
}

}  // namespace
}  // namespace nyala
