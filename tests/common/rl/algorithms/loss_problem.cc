#include "tests/common/rl/algorithms/loss_problem.h"

#include "common/base/check.h"
#include "tests/common/rl/algorithms/target_problem.h"

namespace nyala {

LossProblem RandomLossProblem(uint64_t seed, int64_t T, int64_t B, int64_t actions) {
  const TargetProblem targets = RandomProblem(seed, T, B, 1.0, {0.15, 0.2});
  RandomSequence random(seed, 1 << 22);
  const auto matrix = [&](const std::vector<float>& data, int64_t rows) {
    return torch::tensor(data).view({rows, B});
  };
  LossProblem problem;
  problem.batch.rewards = matrix(targets.rewards, T);
  problem.batch.discounts = matrix(targets.discounts, T);
  problem.batch.frames = matrix(targets.frames, T);
  std::vector<float> log_mu, logits;
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < T * B; ++i) {
    log_mu.push_back(static_cast<float>(random.Uniform(-2, -0.1)));
    chosen.push_back(static_cast<int64_t>(random.Below(actions)));
  }
  for (int64_t i = 0; i < (T + 1) * B * actions; ++i) {
    logits.push_back(static_cast<float>(random.Uniform(-1, 1)));
  }
  problem.batch.log_mu = matrix(log_mu, T);
  problem.batch.actions = torch::tensor(chosen).view({T, B});
  problem.policy = torch::tensor(logits).view({T + 1, B, actions}).clone().requires_grad_(true);
  problem.value = matrix(targets.values, T + 1).clone().requires_grad_(true);
  return problem;
}

std::unique_ptr<Algorithm> MakeAlgorithm(const std::string& name) {
  auto made = Algorithms().Create(name, AlgorithmConfig());
  NYALA_CHECK(made.ok(), "an unknown algorithm");
  return *std::move(made);
}

}  // namespace nyala
