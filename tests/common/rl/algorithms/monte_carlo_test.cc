// REINFORCE and the cross-entropy method against what their definitions say, session by session.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/rl/algorithms/algorithm.h"
#include "common/rl/algorithms/returns.h"
#include "common/rl/episode_rows.h"
#include "tests/common/rl/algorithms/target_problem.h"

namespace nyala {
namespace {

Batch BatchOf(const TargetProblem& problem) {
  const auto matrix = [&](const std::vector<float>& data) {
    return torch::tensor(data).view({problem.T, problem.B});
  };
  Batch batch;
  batch.rewards = matrix(problem.rewards);
  batch.discounts = matrix(problem.discounts);
  batch.frames = matrix(problem.frames);
  batch.log_mu = torch::zeros({problem.T, problem.B});
  return batch;
}

torch::Tensor ValuesOf(const TargetProblem& problem) {
  return torch::tensor(problem.values).view({problem.T + 1, problem.B});
}

// Whole sessions only: the last row of each column ends one.
TargetProblem WholeSessions(uint64_t seed, int64_t T = 24, int64_t B = 5) {
  TargetProblem problem = RandomProblem(seed, T, B, 0.5, {0.15, 0.1});
  for (int64_t b = 0; b < B; ++b) {
    problem.flags[b] = static_cast<uint8_t>((problem.flags[b] & ~kRowFinal) | kRowFirst);
    uint8_t& last = problem.flags[(T - 1) * B + b];
    if ((last & kRowFinal) == 0) {
      last =
          static_cast<uint8_t>((last & kRowFirst) | (b % 2 == 0 ? kRowTerminated : kRowTruncated));
    }
  }
  // A column's second row follows what its first has become.
  for (int64_t b = 0; b < B; ++b) {
    for (int64_t t = 1; t < T; ++t) {
      const uint8_t previous = problem.flags[(t - 1) * B + b];
      uint8_t& flags = problem.flags[t * B + b];
      if (!RowFollows(previous, flags)) {
        flags = (previous & kRowTruncated) != 0
                    ? static_cast<uint8_t>(kRowFinal)
                    : static_cast<uint8_t>((flags & ~(kRowFirst | kRowFinal)) |
                                           (NextRowIsFirst(previous) ? kRowFirst : 0));
      }
    }
  }
  DeriveFromFlags(&problem);
  return problem;
}

// Sum of discounted rewards from (t, b) to the end of its session, and what stands at a cut.
double SlowReturn(const TargetProblem& problem, int64_t t, int64_t b, bool bootstrap) {
  double sum = 0, factor = 1;
  for (int64_t k = t; k < problem.T; ++k) {
    const int64_t i = k * problem.B + b;
    sum += factor * problem.rewards[i];
    factor *= problem.gamma;
    if ((problem.flags[i] & kRowTerminated) != 0) return sum;
    if ((problem.flags[i] & kRowTruncated) != 0) {
      return sum + (bootstrap ? factor * problem.values[(k + 1) * problem.B + b] : 0.0);
    }
  }
  return sum;
}

Targets TargetsOf(Algorithm& algorithm, const TargetProblem& problem) {
  const std::vector<Batch> batches = {BatchOf(problem)};
  algorithm.BeginBatch(batches);
  return algorithm.ComputeTargets(batches[0], batches[0].log_mu, ValuesOf(problem));
}

// Calls visit(t, b) for every row that is a frame.
template <typename Visit>
int64_t ForEachFrame(const TargetProblem& problem, Visit visit) {
  int64_t frames = 0;
  for (int64_t t = 0; t < problem.T; ++t) {
    for (int64_t b = 0; b < problem.B; ++b) {
      if (!RowIsFrame(problem.flags[t * problem.B + b])) continue;
      visit(t, b);
      ++frames;
    }
  }
  return frames;
}

std::unique_ptr<Algorithm> Make(const std::string& name, const AlgorithmConfig& config) {
  auto made = Algorithms().Create(name, config);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

AlgorithmConfig Baseline(const std::string& name, double decay = 0.9) {
  AlgorithmConfig config;
  config.set_baseline(name);
  config.set_average_decay(decay);
  return config;
}

TEST(Reinforce, WithoutABaselineWeighsByTheReturn) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const TargetProblem problem = WholeSessions(seed);
    const auto algorithm = Make("reinforce", Baseline("none"));
    const Targets targets = TargetsOf(*algorithm, problem);
    EXPECT_FALSE(algorithm->learns_value());
    ForEachFrame(problem, [&](int64_t t, int64_t b) {
      EXPECT_NEAR(targets.advantages[t][b].item<double>(), SlowReturn(problem, t, b, false), 1e-4);
    });
  }
}

TEST(Reinforce, WithAValueSubtractsItAndBootstrapsCutSessions) {
  bool saw_cut = false;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const TargetProblem problem = WholeSessions(seed);
    const auto algorithm = Make("reinforce", Baseline("value"));
    const Targets targets = TargetsOf(*algorithm, problem);
    EXPECT_TRUE(algorithm->learns_value());
    ForEachFrame(problem, [&](int64_t t, int64_t b) {
      const double expected = SlowReturn(problem, t, b, true);
      saw_cut = saw_cut || std::abs(expected - SlowReturn(problem, t, b, false)) > 1e-3;
      EXPECT_NEAR(targets.values[t][b].item<double>(), expected, 1e-4);
      EXPECT_NEAR(targets.advantages[t][b].item<double>(),
                  expected - problem.values[t * problem.B + b], 1e-4);
    });
  }
  EXPECT_TRUE(saw_cut);
}

TEST(Reinforce, TheAverageIsOfEarlierBatchesAndMoves) {
  const auto algorithm = Make("reinforce", Baseline("average", 0.75));
  double weighted = 0, weight = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const TargetProblem problem = WholeSessions(seed);
    const Targets targets = TargetsOf(*algorithm, problem);
    const double baseline = weight > 0 ? weighted / weight : 0;
    double sum = 0;
    const int64_t frames = ForEachFrame(problem, [&](int64_t t, int64_t b) {
      const double expected = SlowReturn(problem, t, b, false);
      sum += expected;
      EXPECT_NEAR(targets.advantages[t][b].item<double>(), expected - baseline, 1e-4);
    });
    weighted = 0.75 * weighted + 0.25 * sum / static_cast<double>(frames);
    weight = 0.75 * weight + 0.25;
  }
}

TEST(Reinforce, ItsAverageCanBeSavedAndRestored) {
  const auto one = Make("reinforce", Baseline("average"));
  TargetsOf(*one, WholeSessions(1));
  const auto other = Make("reinforce", Baseline("average"));
  ASSERT_EQ(one->State().size(), 1u);
  other->State()[0].second.copy_(one->State()[0].second);
  const TargetProblem problem = WholeSessions(2);
  EXPECT_TRUE(
      torch::equal(TargetsOf(*one, problem).advantages, TargetsOf(*other, problem).advantages));
  EXPECT_TRUE(Make("reinforce", Baseline("none"))->State().empty());
}

TEST(Reinforce, AnUnknownBaselineIsRefusedWithItsField) {
  const auto made = Algorithms().Create("reinforce", Baseline("averge"));
  EXPECT_NE(made.status().message().find("algorithm.baseline"), std::string::npos);
  EXPECT_NE(made.status().message().find("average"), std::string::npos);
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(Quantile({3, 1, 2}, 0.5), 2);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 2, 3}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(Quantile({1, 2, 3, 4, 5}, 0.0), 1);
  EXPECT_DOUBLE_EQ(Quantile({5, 1}, 0.75), 4);
  EXPECT_DOUBLE_EQ(Quantile({7}, 0.9), 7);
}

struct SlowSession {
  std::vector<std::pair<int64_t, int64_t>> rows;
  double total = 0;
};

std::vector<SlowSession> SessionsOf(const TargetProblem& problem) {
  std::vector<SlowSession> sessions;
  for (int64_t b = 0; b < problem.B; ++b) {
    bool open = false;
    for (int64_t t = 0; t < problem.T; ++t) {
      const int64_t i = t * problem.B + b;
      if (!RowIsFrame(problem.flags[i])) {
        open = false;
        continue;
      }
      if (!open) sessions.emplace_back();
      open = (problem.flags[i] & kRowTerminated) == 0;
      sessions.back().rows.emplace_back(t, b);
      sessions.back().total += problem.rewards[i];
    }
  }
  return sessions;
}

TEST(Cem, LearnsFromTheSessionsAtOrAboveTheQuantile) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const TargetProblem problem = WholeSessions(seed);
    AlgorithmConfig config;
    config.set_elite_quantile(0.6);
    const auto algorithm = Make("cem", config);
    EXPECT_FALSE(algorithm->learns_value());
    const Targets targets = TargetsOf(*algorithm, problem);
    std::vector<SlowSession> sessions = SessionsOf(problem);
    std::vector<float> totals;
    for (const SlowSession& session : sessions) totals.push_back(static_cast<float>(session.total));
    const double threshold = Quantile(totals, 0.6);
    int elite = 0;
    for (const SlowSession& session : sessions) {
      const bool kept = session.total >= threshold - 1e-6;
      elite += kept ? 1 : 0;
      for (const auto& [t, b] : session.rows) {
        EXPECT_EQ(targets.advantages[t][b].item<float>(), kept ? 1.0f : 0.0f);
      }
    }
    EXPECT_GT(elite, 0);
    EXPECT_LT(elite, static_cast<int>(sessions.size()));
  }
}

TEST(Cem, ElitesMayBeSingleFramesByTheirReturn) {
  const TargetProblem problem = WholeSessions(3);
  AlgorithmConfig config;
  config.set_elite_quantile(0.8);
  config.set_elite_frames(true);
  const Targets targets = TargetsOf(*Make("cem", config), problem);
  std::vector<float> returns;
  ForEachFrame(problem, [&](int64_t t, int64_t b) {
    returns.push_back(static_cast<float>(SlowReturn(problem, t, b, false)));
  });
  const double threshold = Quantile(returns, 0.8);
  ForEachFrame(problem, [&](int64_t t, int64_t b) {
    const double found = SlowReturn(problem, t, b, false);
    if (std::abs(found - threshold) < 1e-4) return;
    EXPECT_EQ(targets.advantages[t][b].item<float>(), found > threshold ? 1.0f : 0.0f);
  });
}

TEST(Cem, TheMeanIsOverEliteFramesAndTheQuantileOverAllTiles) {
  const TargetProblem one = WholeSessions(1), other = WholeSessions(2);
  AlgorithmConfig config;
  config.set_reduction(AlgorithmConfig::MEAN);
  const auto algorithm = Make("cem", config);
  const std::vector<Batch> tiles = {BatchOf(one), BatchOf(other)};
  algorithm->BeginBatch(tiles);
  double weights = 0, frames = 0;
  std::vector<float> totals;
  for (const TargetProblem* problem : {&one, &other}) {
    const Batch& tile = tiles[problem == &one ? 0 : 1];
    const Targets targets = algorithm->ComputeTargets(tile, tile.log_mu, ValuesOf(*problem));
    weights += (targets.advantages * tile.frames).sum().item<double>();
    frames += tile.frames.sum().item<double>();
    for (const SlowSession& session : SessionsOf(*problem)) {
      totals.push_back(static_cast<float>(session.total));
    }
  }
  EXPECT_NEAR(weights, frames, 1e-3);
  const double threshold = Quantile(totals, 0.7);
  for (const TargetProblem* problem : {&one, &other}) {
    const Batch& tile = tiles[problem == &one ? 0 : 1];
    const Targets targets = algorithm->ComputeTargets(tile, tile.log_mu, ValuesOf(*problem));
    for (const SlowSession& session : SessionsOf(*problem)) {
      const auto& [t, b] = session.rows.front();
      EXPECT_EQ(targets.advantages[t][b].item<float>() > 0, session.total >= threshold - 1e-6);
    }
  }
}

}  // namespace
}  // namespace nyala
