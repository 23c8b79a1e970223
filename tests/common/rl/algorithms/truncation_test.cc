// The known public bugs about episode ends, each with an oracle of its own: worked by hand, or a
// derivative that a formula gives.
#include <gtest/gtest.h>

#include <cmath>

#include "common/rl/episode_rows.h"
#include "tests/common/rl/algorithms/target_problem.h"

namespace nyala {
namespace {

// One column: two frames, a truncation, the final observation, the first two frames of the next
// episode, whose values are far from the others.
TargetProblem TruncatedColumn() {
  TargetProblem problem;
  problem.T = 5;
  problem.B = 1;
  problem.gamma = 0.5f;
  problem.flags = {kRowFirst, kRowTruncated, kRowFinal, kRowFirst, 0};
  problem.log_weights = {0, 0, 0, 0, 0};
  problem.rewards = {1, 2, 77, 300, 400};
  problem.values = {4, 6, 8, 1000, 2000, 3000};
  DeriveFromFlags(&problem);
  return problem;
}

using Compute = Computed (*)(const TargetProblem&);
struct Method {
  const char* name;
  Compute compute;
};
const Method kMethods[] = {
    {"vtrace", [](const TargetProblem& p) { return RunVtrace({}, p); }},
    {"tensor_vtrace", [](const TargetProblem& p) { return RunTensorVtrace({}, p); }},
    {"n_step", [](const TargetProblem& p) { return RunNStepReturns(p.T, p); }},
};

class EpisodeEnd : public testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(Methods, EpisodeEnd, testing::ValuesIn(kMethods),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(EpisodeEnd, TruncationBootstrapsFromItsOwnFinalObservation) {
  const Computed computed = GetParam().compute(TruncatedColumn());
  // v_1 = 2 + 0.5 * 8 = 6, v_0 = 1 + 0.5 * 6 = 4; the final row is its own value.
  EXPECT_FLOAT_EQ(computed.targets[0], 4);
  EXPECT_FLOAT_EQ(computed.targets[1], 6);
  EXPECT_FLOAT_EQ(computed.targets[2], 8);
  // v_4 = 400 + 0.5 * 3000 = 1900, v_3 = 300 + 0.5 * 1900 = 1250.
  EXPECT_FLOAT_EQ(computed.targets[3], 1250);
  EXPECT_FLOAT_EQ(computed.targets[4], 1900);
  // Not 2 + 0.5 * 1000 - 6 with the next episode's value.
  EXPECT_FLOAT_EQ(computed.advantages[0], 0);
  EXPECT_FLOAT_EQ(computed.advantages[1], 0);
  EXPECT_FLOAT_EQ(computed.advantages[2], 0);
  EXPECT_FLOAT_EQ(computed.advantages[3], 250);
  EXPECT_FLOAT_EQ(computed.advantages[4], -100);
}

TEST_P(EpisodeEnd, NothingOfTheNextEpisodeReachesTheOneBefore) {
  for (const uint8_t end : {kRowTerminated, kRowTruncated}) {
    TargetProblem problem = RandomProblem(11, 12, 1, 0.0, {0, 0});
    const int64_t at = 5;
    problem.flags.assign(12, 0);
    problem.flags[at] = end;
    if (end == kRowTruncated) problem.flags[at + 1] = kRowFinal;
    const int64_t next = end == kRowTruncated ? at + 2 : at + 1;
    problem.flags[next] = kRowFirst;
    DeriveFromFlags(&problem);
    const Computed before = GetParam().compute(problem);
    for (int64_t t = next; t < problem.T; ++t) problem.rewards[t] += 50;
    for (int64_t t = next; t <= problem.T; ++t) problem.values[t] -= 90;
    const Computed after = GetParam().compute(problem);
    for (int64_t t = 0; t < next; ++t) {
      EXPECT_EQ(before.targets[t], after.targets[t]) << t;
      EXPECT_EQ(before.advantages[t], after.advantages[t]) << t;
    }
    // The change is seen where it belongs.
    EXPECT_GT(std::abs(before.targets[next] - after.targets[next]), 1);
  }
}

// On-policy, v_s depends on the bootstrap by exactly gamma^(distance): twice that is the bug.
TEST_P(EpisodeEnd, BootstrapCountsOnce) {
  for (const bool truncated : {false, true}) {
    TargetProblem problem = RandomProblem(12, 6, 1, 0.0, {0, 0});
    problem.gamma = 0.75f;
    problem.flags.assign(6, 0);
    if (truncated) problem.flags = {0, 0, 0, kRowTruncated, kRowFinal, kRowFirst};
    DeriveFromFlags(&problem);
    const int64_t bootstrap = truncated ? 4 : 6;
    const Computed before = GetParam().compute(problem);
    problem.values[bootstrap] += 16;
    const Computed after = GetParam().compute(problem);
    for (int64_t s = 0; s < (truncated ? 4 : 6); ++s) {
      const double expected = 16 * std::pow(0.75, bootstrap - s);
      EXPECT_NEAR(after.targets[s] - before.targets[s], expected, 1e-4) << s;
      EXPECT_NEAR(after.advantages[s] - before.advantages[s], expected, 1e-4) << s;
    }
  }
}

TEST_P(EpisodeEnd, RewardOfTheLastRowCounts) {
  TargetProblem problem = RandomProblem(13, 4, 1, 0.0, {0, 0});
  problem.gamma = 0.5f;
  problem.flags.assign(4, 0);
  DeriveFromFlags(&problem);
  const Computed before = GetParam().compute(problem);
  problem.rewards[3] += 8;
  const Computed after = GetParam().compute(problem);
  EXPECT_NEAR(after.targets[3] - before.targets[3], 8, 1e-5);
  EXPECT_NEAR(after.targets[0] - before.targets[0], 1, 1e-5);
}

TEST_P(EpisodeEnd, TerminationHasNoBootstrap) {
  TargetProblem problem = RandomProblem(14, 3, 1, 0.0, {0, 0});
  problem.flags = {0, kRowTerminated, kRowFirst};
  DeriveFromFlags(&problem);
  const Computed computed = GetParam().compute(problem);
  EXPECT_NEAR(computed.targets[1], problem.rewards[1], 1e-6);
  EXPECT_NEAR(computed.targets[0], problem.rewards[0] + problem.gamma * problem.rewards[1], 1e-5);
}

}  // namespace
}  // namespace nyala
