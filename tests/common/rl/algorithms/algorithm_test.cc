#include "common/rl/algorithms/algorithm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/rl/algorithm_kinds.h"
#include "tests/common/rl/algorithms/target_problem.h"

namespace nyala {
namespace {

Computed TargetsOf(const std::string& name, const AlgorithmConfig& config,
                   const TargetProblem& problem) {
  const auto algorithm = Algorithms().Create(name, config);
  EXPECT_TRUE(algorithm.ok()) << algorithm.status();
  const auto matrix = [&](const std::vector<float>& data, int64_t rows) {
    return torch::tensor(data).view({rows, problem.B});
  };
  Batch batch;
  batch.rewards = matrix(problem.rewards, problem.T);
  batch.discounts = matrix(problem.discounts, problem.T);
  batch.frames = matrix(problem.frames, problem.T);
  // log pi is the sum of both, so that the weights are the problem's.
  batch.log_mu = torch::full({problem.T, problem.B}, -0.5f);
  const torch::Tensor log_prob = matrix(problem.log_weights, problem.T) + batch.log_mu;
  const Targets made =
      (*algorithm)->ComputeTargets(batch, log_prob, matrix(problem.values, problem.T + 1));
  const auto floats = [](const torch::Tensor& t) {
    return std::vector<float>(t.data_ptr<float>(), t.data_ptr<float>() + t.numel());
  };
  return {floats(made.values), floats(made.advantages)};
}

TEST(Algorithms, NamesAreTheDocumentedOnesAndOthersAreNotFound) {
  EXPECT_EQ(Algorithms().Names(),
            (std::vector<std::string>{"a2c", "a3c", "appo", "cem", "impala", "ppo", "reinforce"}));
  const auto unknown = Algorithms().Create("impalla", AlgorithmConfig());
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(unknown.status().message().find("impala"), std::string::npos) << unknown.status();
}

TEST(Algorithms, EachHasItsKind) {
  std::vector<std::string> kinds;
  for (const AlgorithmKind& kind : AlgorithmKinds()) kinds.push_back(kind.name);
  std::sort(kinds.begin(), kinds.end());
  EXPECT_EQ(kinds, Algorithms().Names());
}

TEST(A2c, TakesReturnsOfNStepsOrOfTheWholeUnroll) {
  const TargetProblem problem = RandomProblem(5, 9, 4, 1.0);
  AlgorithmConfig config;
  ExpectClose(TargetsOf("a2c", config, problem), SlowNStepReturns(9, problem));
  for (const int n : {1, 2, 5, 9}) {
    config.set_n_step(n);
    ExpectClose(TargetsOf("a2c", config, problem), SlowNStepReturns(n, problem));
  }
}

TEST(Impala, TakesVtraceWithTheConfiguredLevels) {
  const TargetProblem problem = RandomProblem(6, 9, 4, 1.5);
  ExpectClose(TargetsOf("impala", {}, problem), SlowVtrace({}, problem));
  AlgorithmConfig config;
  config.set_rho_bar(0.7);
  config.set_c_bar(1.6);
  config.set_pg_rho_bar(2.5);
  config.set_lambda(0.8);
  VtraceOptions options;
  options.rho_bar = 0.7f;
  options.c_bar = 1.6f;
  options.pg_rho_bar = 2.5f;
  options.lambda = 0.8f;
  ExpectClose(TargetsOf("impala", config, problem), SlowVtrace(options, problem));
}

}  // namespace
}  // namespace nyala
