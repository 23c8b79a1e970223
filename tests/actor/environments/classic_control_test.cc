// Acrobot, MountainCar, MountainCarContinuous and Pendulum beside Gymnasium's own figures.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "actor/environment_registry.h"
#include "actor/environments/classic/acrobot.h"
#include "actor/environments/classic/mountain_car.h"
#include "actor/environments/classic/mountain_car_continuous.h"
#include "actor/environments/classic/pendulum.h"
#include "tests/support/number_file.h"

namespace nyala {
namespace {

using Rows = std::vector<std::vector<double>>;

// A file that never saw an end, or saw nothing else, would prove little.
void ExpectEnds(const Rows& rows, size_t at_least) {
  size_t ends = 0;
  for (const auto& row : rows) ends += row.back() == 1 ? 1 : 0;
  EXPECT_GE(ends, at_least);
  EXPECT_GT(rows.size() - ends, 100u);
}

TEST(Pendulum, AgreesWithGymnasiumsTransitions) {
  const Rows rows = ReadNumbers("pendulum_transitions.txt", 7);
  ExpectEnds(rows, 0);
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    const auto& row = rows[i];
    double reward = 0;
    const PendulumState got = AdvancePendulum({row[0], row[1]}, row[2], &reward);
    ExpectClose(got.theta, row[3]);
    ExpectClose(got.theta_dot, row[4]);
    ExpectClose(reward, row[5]);
  }
}

TEST(MountainCar, AgreesWithGymnasiumsTransitions) {
  const Rows rows = ReadNumbers("mountain_car_transitions.txt", 7);
  ExpectEnds(rows, 10);
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    const auto& row = rows[i];
    const MountainCarState got = AdvanceMountainCar({row[0], row[1]}, static_cast<int>(row[2]));
    ExpectClose(got.position, row[3]);
    ExpectClose(got.velocity, row[4]);
    EXPECT_EQ(MountainCarArrived(got), row[6] == 1);
    EXPECT_EQ(row[5], -1);
  }
}

TEST(MountainCarContinuous, AgreesWithGymnasiumsTransitions) {
  const Rows rows = ReadNumbers("mountain_car_continuous_transitions.txt", 7);
  ExpectEnds(rows, 10);
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    const auto& row = rows[i];
    double reward = 0;
    bool arrived = false;
    const MountainCarState got =
        AdvanceMountainCarContinuous({row[0], row[1]}, row[2], &reward, &arrived);
    ExpectClose(got.position, row[3]);
    ExpectClose(got.velocity, row[4]);
    ExpectClose(reward, row[5]);
    EXPECT_EQ(arrived, row[6] == 1);
  }
}

TEST(Acrobot, AgreesWithGymnasiumsTransitions) {
  const Rows rows = ReadNumbers("acrobot_transitions.txt", 11);
  ExpectEnds(rows, 10);
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    const auto& row = rows[i];
    const AcrobotState got =
        AdvanceAcrobot({row[0], row[1], row[2], row[3]}, static_cast<int>(row[4]));
    for (size_t k = 0; k < 4; ++k) ExpectClose(got[k], row[5 + k]);
    EXPECT_EQ(AcrobotIsUp(got), row[10] == 1);
    EXPECT_EQ(row[9], row[10] == 1 ? 0 : -1);
  }
}

// Plays one episode with `choose(observation)` and returns its return, frames and last result.
struct Episode {
  double episode_return = 0;
  int frames = 0;
  StepResult last;
};

template <typename Action, typename Choose>
Episode PlayEpisode(const std::string& id, uint64_t seed, Choose choose) {
  const auto environment = *Environments().Create(id);
  std::vector<float> observation(environment->spec().observation.elements());
  environment->Reset(seed, ObservationRef{observation.data()});
  Episode episode;
  while (!episode.last.terminated && !episode.last.truncated) {
    const Action action = choose(observation);
    episode.last = environment->Step(ActionRef{&action}, ObservationRef{observation.data()});
    episode.episode_return += episode.last.reward;
    ++episode.frames;
  }
  return episode;
}

using Observation = std::vector<float>;

TEST(ClassicControl, LimitsTruncate) {
  const auto expect = [](const Episode& episode, int frames) {
    EXPECT_TRUE(episode.last.truncated);
    EXPECT_FALSE(episode.last.terminated);
    EXPECT_EQ(episode.frames, frames);
  };
  const auto coast = [](const Observation&) { return 1; };
  const auto rest = [](const Observation&) { return 0.0f; };
  expect(PlayEpisode<int32_t>("Acrobot-v1", 1, coast), 500);
  expect(PlayEpisode<int32_t>("MountainCar-v0", 1, coast), 200);
  expect(PlayEpisode<float>("MountainCarContinuous-v0", 1, rest), 999);
  expect(PlayEpisode<float>("Pendulum-v1", 1, rest), 200);
}

TEST(ClassicControl, PumpingEnergySolves) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const Episode car = PlayEpisode<int32_t>("MountainCar-v0", seed,
                                             [](const Observation& x) { return x[1] < 0 ? 0 : 2; });
    EXPECT_TRUE(car.last.terminated);
    EXPECT_EQ(car.episode_return, -car.frames);
    const Episode forced =
        PlayEpisode<float>("MountainCarContinuous-v0", seed,
                           [](const Observation& x) { return x[1] < 0 ? -1.0f : 1.0f; });
    EXPECT_TRUE(forced.last.terminated);
    EXPECT_NEAR(forced.episode_return, 100 - 0.1 * forced.frames, 1e-3);
    const Episode acrobot = PlayEpisode<int32_t>(
        "Acrobot-v1", seed, [](const Observation& x) { return x[4] > 0 ? 0 : 2; });
    EXPECT_TRUE(acrobot.last.terminated);
    EXPECT_EQ(acrobot.episode_return, 1 - acrobot.frames);
  }
}

TEST(ClassicControl, StartsAreWithinTheirRanges) {
  struct Start {
    const char* id;
    std::vector<double> low, high;
  };
  const double sine = std::sin(0.1), cosine = std::cos(0.1);
  for (const Start& start :
       {Start{
            "Acrobot-v1", {cosine, -sine, cosine, -sine, -0.1, -0.1}, {1, sine, 1, sine, 0.1, 0.1}},
        Start{"MountainCar-v0", {-0.6, 0}, {-0.4, 0}},
        Start{"MountainCarContinuous-v0", {-0.6, 0}, {-0.4, 0}},
        Start{"Pendulum-v1", {-1, -1, -1}, {1, 1, 1}}}) {
    const auto environment = *Environments().Create(start.id);
    const size_t size = start.low.size();
    Observation x(size), lowest(size, 1e9f), highest(size, -1e9f);
    for (uint64_t seed = 0; seed < 2000; ++seed) {
      environment->Reset(seed, ObservationRef{x.data()});
      for (size_t i = 0; i < size; ++i) {
        lowest[i] = std::min(lowest[i], x[i]);
        highest[i] = std::max(highest[i], x[i]);
      }
    }
    for (size_t i = 0; i < size; ++i) {
      SCOPED_TRACE(std::string(start.id) + " " + std::to_string(i));
      // Within the range, and nearly all of it.
      const double width = start.high[i] - start.low[i];
      EXPECT_GE(lowest[i], start.low[i] - 1e-6);
      EXPECT_LE(highest[i], start.high[i] + 1e-6);
      EXPECT_LE(lowest[i], start.low[i] + 0.01 * width + 1e-6);
      EXPECT_GE(highest[i], start.high[i] - 0.01 * width - 1e-6);
    }
  }
}

TEST(Acrobot, ImpossibleSavedStatesAreRefused) {
  const auto environment = MakeAcrobot();
  Observation x(6);
  environment->Reset(1, ObservationRef{x.data()});
  std::string state;
  ASSERT_TRUE(environment->SaveState(&state).ok());
  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), 1e300}) {
    std::string spoilt = state;
    spoilt.replace(0, sizeof(bad), reinterpret_cast<const char*>(&bad), sizeof(bad));
    EXPECT_FALSE(environment->RestoreState(spoilt).ok());
  }
}

}  // namespace
}  // namespace nyala
