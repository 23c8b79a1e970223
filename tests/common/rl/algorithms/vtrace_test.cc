#include "common/rl/algorithms/vtrace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/rl/episode_rows.h"
#include "tests/common/rl/algorithms/target_problem.h"

namespace nyala {
namespace {

constexpr uint64_t kSeeds = 60;

VtraceOptions RandomOptions(uint64_t seed) {
  RandomSequence random(seed, 1 << 20);
  VtraceOptions options;
  options.rho_bar = static_cast<float>(random.Uniform(0.3, 3));
  options.c_bar = static_cast<float>(random.Uniform(0.3, 3));
  options.pg_rho_bar = static_cast<float>(random.Uniform(0.3, 3));
  options.lambda = static_cast<float>(random.Uniform());
  return options;
}

// A different shape for every seed, single rows and columns among them.
TargetProblem Problem(uint64_t seed, double spread) {
  RandomSequence random(seed, 1 << 21);
  const auto T = static_cast<int64_t>(1 + random.Below(24));
  const auto B = static_cast<int64_t>(1 + random.Below(7));
  return RandomProblem(seed, T, B, spread);
}

TEST(Vtrace, EqualsTheSumOfThePaper) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const TargetProblem problem = Problem(seed, 1.5);
    ExpectClose(RunVtrace(RandomOptions(seed), problem), SlowVtrace(RandomOptions(seed), problem));
  }
}

TEST(TensorVtrace, EqualsTheSumOfThePaper) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const TargetProblem problem = Problem(seed, 1.5);
    ExpectClose(RunTensorVtrace(RandomOptions(seed), problem),
                SlowVtrace(RandomOptions(seed), problem));
  }
}

TEST(TensorVtrace, EqualsThePlainLoop) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const TargetProblem problem = Problem(seed, 2.0);
    const Computed plain = RunVtrace(RandomOptions(seed), problem);
    const Computed tensor = RunTensorVtrace(RandomOptions(seed), problem);
    for (size_t i = 0; i < plain.targets.size(); ++i) {
      EXPECT_NEAR(plain.targets[i], tensor.targets[i], 1e-4) << seed;
      EXPECT_NEAR(plain.advantages[i], tensor.advantages[i], 1e-4) << seed;
    }
  }
}

TEST(Vtrace, OnPolicyWithFullTracesIsTheReturnOfTheWholeUnroll) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const TargetProblem problem = Problem(seed, 0.0);
    ExpectClose(RunVtrace({}, problem), SlowNStepReturns(problem.T, problem));
    ExpectClose(RunTensorVtrace({}, problem), SlowNStepReturns(problem.T, problem));
    const Computed returns = RunNStepReturns(problem.T, problem);
    ExpectClose(RunVtrace({}, problem), {{returns.targets.begin(), returns.targets.end()},
                                         {returns.advantages.begin(), returns.advantages.end()}});
  }
}

TEST(NStepReturns, EqualTheDefinitionForEveryN) {
  for (uint64_t seed = 0; seed < kSeeds / 2; ++seed) {
    // Weights must not matter: off-policy ones are handed in.
    const TargetProblem problem = Problem(seed, 1.0);
    for (int64_t n = 1; n <= problem.T; ++n) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", n " << n);
      ExpectClose(RunNStepReturns(n, problem), SlowNStepReturns(n, problem));
    }
  }
}

// The public test of rlax (its vtrace_test.py), two sequences of four steps.
TargetProblem RlaxProblem() {
  constexpr double kBehaviour[2][4][2] = {{{8.9, .7}, {5, 1}, {.6, .1}, {-.9, -.1}},
                                          {{.3, -5}, {1, -8}, {.3, 1.7}, {4.7, 3.3}}};
  constexpr double kTarget[2][4][2] = {{{.4, .5}, {9.2, 8.8}, {.7, 4.4}, {7.9, 1.4}},
                                       {{1, .9}, {1, -1}, {-4.3, 8.7}, {.8, .3}}};
  constexpr int kActions[2][4] = {{0, 1, 0, 0}, {1, 0, 0, 1}};
  constexpr float kRewards[2][4] = {{-1.3f, -1.3f, 2.3f, 42.f}, {1.3f, 5.3f, -3.3f, -5.f}};
  constexpr float kDiscounts[2][4] = {{0.f, .89f, .85f, .99f}, {.88f, 1.f, .83f, .95f}};
  constexpr float kValues[2][5] = {{2.1f, 1.1f, -3.1f, 0.f, 8.4f}, {3.1f, .1f, -1.1f, 7.4f, -1.2f}};
  const auto log_probability = [](const double(&logits)[2], int action) {
    return logits[action] - std::log(std::exp(logits[0]) + std::exp(logits[1]));
  };
  TargetProblem problem;
  problem.T = 4;
  problem.B = 2;
  problem.flags.assign(8, 0);
  for (int t = 0; t < 5; ++t) {
    for (int b = 0; b < 2; ++b) {
      problem.values.push_back(kValues[b][t]);
      if (t == 4) continue;
      const int action = kActions[b][t];
      problem.log_weights.push_back(static_cast<float>(log_probability(kTarget[b][t], action) -
                                                       log_probability(kBehaviour[b][t], action)));
      problem.rewards.push_back(kRewards[b][t]);
      problem.discounts.push_back(kDiscounts[b][t]);
      problem.frames.push_back(1);
    }
  }
  return problem;
}

void ExpectRlaxFigures(const TargetProblem& problem, const Computed& computed) {
  constexpr double kExpected[2][4] = {{-1.6155143, -3.4973226, 1.8670533, 50.316002},
                                      {1.4662437, 3.6116405, -8.33e-5, -13.54}};
  for (int t = 0; t < 4; ++t) {
    for (int b = 0; b < 2; ++b) {
      const double expected = kExpected[b][t];
      const double tolerance = 1e-5 * std::max(1.0, std::abs(expected));
      EXPECT_NEAR(computed.targets[t * 2 + b] - problem.values[t * 2 + b], expected, tolerance);
      EXPECT_NEAR(computed.advantages[t * 2 + b], expected, tolerance);
    }
  }
}

TEST(Vtrace, GivesTheFiguresOfRlax) {
  ExpectRlaxFigures(RlaxProblem(), RunVtrace({}, RlaxProblem()));
}

TEST(TensorVtrace, GivesTheFiguresOfRlax) {
  ExpectRlaxFigures(RlaxProblem(), RunTensorVtrace({}, RlaxProblem()));
}

TEST(Vtrace, HugeWeightsAreTruncatedAndNeverInfinite) {
  TargetProblem problem = RandomProblem(3, 8, 4, 0.0);
  for (float& weight : problem.log_weights) weight = 500;  // exp is infinite in float32
  const Computed computed = RunVtrace({}, problem);
  ExpectClose(computed, SlowNStepReturns(problem.T, problem));
  ExpectClose(RunTensorVtrace({}, problem), SlowNStepReturns(problem.T, problem));
}

TEST(Vtrace, WhatAFinalRowCarriesMeansNothing) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    TargetProblem problem = RandomProblem(seed, 20, 6, 1.0, {0.1, 0.3});
    const Computed before = RunVtrace({}, problem);
    const Computed before_tensor = RunTensorVtrace({}, problem);
    int64_t masked = 0;
    for (size_t i = 0; i < problem.flags.size(); ++i) {
      if (RowIsFrame(problem.flags[i])) continue;
      problem.log_weights[i] = i % 2 == 0 ? 1e30f : -1e30f;
      problem.rewards[i] = 1e30f;
      ++masked;
    }
    ASSERT_GT(masked, 0);
    EXPECT_EQ(RunVtrace({}, problem).targets, before.targets);
    EXPECT_EQ(RunVtrace({}, problem).advantages, before.advantages);
    EXPECT_EQ(RunTensorVtrace({}, problem).targets, before_tensor.targets);
    EXPECT_EQ(RunTensorVtrace({}, problem).advantages, before_tensor.advantages);
  }
}

}  // namespace
}  // namespace nyala
