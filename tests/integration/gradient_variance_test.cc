// What baselines are for: at fixed parameters the REINFORCE estimate keeps its mean and loses
// variance, in the order none > average > value.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "actor/environment_registry.h"
#include "actor/environments/small/two_state.h"
#include "common/base/random.h"
#include "common/rl/algorithms/actor_critic_loss.h"
#include "common/rl/distributions/categorical.h"

namespace nyala {
namespace {

constexpr float kDiscount = 0.9f;
constexpr int kSessions = 8, kEstimates = 300;

// Whole sessions of the uniform policy, one after another in one column, and their exact values.
struct Sample {
  Batch batch;
  torch::Tensor states;  // [T+1] int64
  torch::Tensor value;   // [T+1, 1]
};

Sample Play(uint64_t seed) {
  const auto environment = *Environments().Create("TwoState");
  const TwoStateValues exact = ComputeTwoStateValues({0.5, 0.5}, kDiscount);
  RandomSequence random(seed, 1 << 20);
  std::vector<int64_t> states, actions;
  std::vector<float> rewards, discounts, values;
  float seen[2];
  for (int session = 0; session < kSessions; ++session) {
    environment->Reset(seed * 1000 + session, ObservationRef{seen});
    for (bool ended = false; !ended;) {
      const int64_t state = seen[1] != 0 ? 1 : 0;
      const auto action = static_cast<int32_t>(random.Below(2));
      const StepResult result = environment->Step(ActionRef{&action}, ObservationRef{seen});
      ended = result.terminated;
      states.push_back(state);
      values.push_back(static_cast<float>(exact.v[state]));
      actions.push_back(action);
      rewards.push_back(result.reward);
      discounts.push_back(ended ? 0.0f : kDiscount);
    }
  }
  states.push_back(0);
  values.push_back(0);
  const auto column = [](const auto& data) { return torch::tensor(data).unsqueeze(1); };
  Sample sample;
  sample.batch.actions = column(actions);
  sample.batch.rewards = column(rewards);
  sample.batch.discounts = column(discounts);
  sample.batch.frames = torch::ones_like(sample.batch.rewards);
  sample.batch.log_mu = torch::zeros_like(sample.batch.rewards);
  sample.states = torch::tensor(states);
  sample.value = column(values);
  return sample;
}

// [4]: by the logits of both states; the mean over sessions.
torch::Tensor Estimate(Algorithm& algorithm, const Sample& sample) {
  torch::Tensor logits = torch::zeros({2, 2}).requires_grad_(true);
  const std::vector<Batch> batches = {sample.batch};
  algorithm.BeginBatch(batches);
  const Prediction prediction{logits.index_select(0, sample.states).unsqueeze(1), sample.value};
  ActorCriticLoss(algorithm, Categorical(2), {0, 0}, 1.0 / kSessions, sample.batch, prediction)
      .total.backward();
  return logits.grad().view({4}).clone();
}

struct Moments {
  torch::Tensor mean;
  double variance;  // summed over the four
};

Moments MomentsWith(const std::string& baseline) {
  AlgorithmConfig config;
  config.set_baseline(baseline);
  config.set_average_decay(0.95);
  const auto algorithm = *Algorithms().Create("reinforce", config);
  // The moving average has settled when it is measured.
  for (uint64_t seed = 1; seed <= 60; ++seed) Estimate(*algorithm, Play(10'000 + seed));
  std::vector<torch::Tensor> estimates;
  for (uint64_t seed = 1; seed <= kEstimates; ++seed) {
    estimates.push_back(Estimate(*algorithm, Play(seed)));
  }
  const torch::Tensor all = torch::stack(estimates);
  return {all.mean(0), all.var(0).sum().item<double>()};
}

TEST(GradientVariance, FallsFromNoBaselineToTheAverageToTheValue) {
  const Moments none = MomentsWith("none");
  const Moments average = MomentsWith("average");
  const Moments value = MomentsWith("value");
  EXPECT_GT(none.variance, 1.3 * average.variance);
  EXPECT_GT(average.variance, 1.05 * value.variance);
  // Estimates of the same gradient: the means agree within what so many estimates can tell.
  const double tolerance = 4 * std::sqrt(none.variance / kEstimates);
  EXPECT_LT((none.mean - value.mean).norm().item<double>(), tolerance);
  EXPECT_LT((average.mean - value.mean).norm().item<double>(), tolerance);
  RecordProperty("none", std::to_string(none.variance));
  RecordProperty("average", std::to_string(average.variance));
  RecordProperty("value", std::to_string(value.variance));
  std::printf("variance: none %.3f, average %.3f, value %.3f\n", none.variance, average.variance,
              value.variance);
}

}  // namespace
}  // namespace nyala
