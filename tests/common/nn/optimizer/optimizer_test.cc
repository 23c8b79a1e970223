#include "common/nn/optimizer/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "common/base/random.h"

namespace nyala {
namespace {

constexpr int kSize = 5;
constexpr int kSteps = 50;
constexpr double kRate = 0.01;

// The rules for one number, in double precision, written from the papers and library manuals.
struct Scalar {
  double value = 0, square = 0, moment = 0;
  int step = 0;
};
using Rule = std::function<void(Scalar&, double gradient, const OptimizerConfig&)>;

void RmspropRule(Scalar& s, double g, const OptimizerConfig& c) {
  s.square = c.decay() * s.square + (1 - c.decay()) * g * g;
  s.moment = c.momentum() * s.moment + g / (std::sqrt(s.square) + c.epsilon());
  s.value -= kRate * s.moment;
}

void RmspropTfRule(Scalar& s, double g, const OptimizerConfig& c) {
  if (s.step++ == 0) s.square = 1;
  s.square = c.decay() * s.square + (1 - c.decay()) * g * g;
  s.moment = c.momentum() * s.moment + kRate * g / std::sqrt(s.square + c.epsilon());
  s.value -= s.moment;
}

void AdamRule(Scalar& s, double g, const OptimizerConfig& c) {
  ++s.step;
  s.moment = c.beta1() * s.moment + (1 - c.beta1()) * g;
  s.square = c.beta2() * s.square + (1 - c.beta2()) * g * g;
  const double moment = s.moment / (1 - std::pow(c.beta1(), s.step));
  const double square = s.square / (1 - std::pow(c.beta2(), s.step));
  s.value -= kRate * moment / (std::sqrt(square) + c.epsilon());
}

struct OptimizerCase {
  std::string label;
  std::string name;
  double momentum;
  double epsilon;
  Rule rule;
};

class OptimizerRule : public testing::TestWithParam<OptimizerCase> {
 protected:
  OptimizerConfig Config() const {
    OptimizerConfig config;
    config.set_name(GetParam().name);
    config.set_momentum(GetParam().momentum);
    config.set_epsilon(GetParam().epsilon);
    return config;
  }
  std::unique_ptr<Optimizer> Make(const torch::Tensor& like) const {
    auto made = Optimizers().Create(GetParam().name, Config(), like);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
};

std::vector<OptimizerCase> Cases() {
  return {{"rmsprop", "rmsprop", 0.0, 1e-5, RmspropRule},
          {"rmsprop_momentum", "rmsprop", 0.9, 0.01, RmspropRule},
          {"rmsprop_tf", "rmsprop_tf", 0.0, 0.01, RmspropTfRule},
          {"rmsprop_tf_momentum", "rmsprop_tf", 0.7, 0.1, RmspropTfRule},
          {"adam", "adam", 0.0, 1e-5, AdamRule}};
}
INSTANTIATE_TEST_SUITE_P(Registered, OptimizerRule, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.label; });

std::vector<float> RandomGradients(RandomSequence& random) {
  std::vector<float> gradients(kSize);
  for (float& g : gradients) g = static_cast<float>(random.Uniform(-2, 2));
  // One that is always small, one that is often 0.
  gradients[0] *= 1e-3f;
  if (random.Uniform() < 0.5) gradients[1] = 0;
  return gradients;
}

TEST_P(OptimizerRule, FollowsTheFormula) {
  RandomSequence random(3);
  const torch::Tensor values = torch::zeros({kSize});
  const auto optimizer = Make(values);
  std::vector<Scalar> slow(kSize);
  for (int step = 0; step < kSteps; ++step) {
    const std::vector<float> gradients = RandomGradients(random);
    optimizer->Step(values, torch::tensor(gradients), kRate);
    for (int i = 0; i < kSize; ++i) {
      GetParam().rule(slow[i], gradients[i], Config());
      const double tolerance = 2e-5 * std::max(1.0, std::abs(slow[i].value));
      ASSERT_NEAR(values[i].item<float>(), slow[i].value, tolerance) << "step " << step;
    }
  }
}

TEST_P(OptimizerRule, RestoredStateGoesOnBitByBit) {
  RandomSequence random(4);
  const torch::Tensor values = torch::zeros({kSize});
  const auto optimizer = Make(values);
  for (int step = 0; step < 5; ++step) {
    optimizer->Step(values, torch::tensor(RandomGradients(random)), kRate);
  }
  const torch::Tensor other_values = values.clone();
  const auto other = Make(other_values);
  auto state = optimizer->State();
  ASSERT_FALSE(state.empty());
  for (auto& [name, tensor] : other->State()) {
    ASSERT_TRUE(state.count(name)) << name;
    tensor.copy_(state[name]);
  }
  for (int step = 0; step < 5; ++step) {
    const torch::Tensor gradients = torch::tensor(RandomGradients(random));
    optimizer->Step(values, gradients, kRate);
    other->Step(other_values, gradients, kRate);
  }
  EXPECT_TRUE(torch::equal(values, other_values));
}

TEST_P(OptimizerRule, StateMattersAndTheGradientIsLeftAlone) {
  const torch::Tensor values = torch::zeros({kSize});
  const torch::Tensor fresh_values = torch::zeros({kSize});
  const auto optimizer = Make(values);
  const torch::Tensor gradients = torch::full({kSize}, 0.3);
  optimizer->Step(values, gradients * 2, kRate);
  values.zero_();
  optimizer->Step(values, gradients, kRate);
  Make(fresh_values)->Step(fresh_values, gradients, kRate);
  EXPECT_FALSE(torch::allclose(values, fresh_values, 1e-3, 0));
  EXPECT_TRUE(torch::equal(gradients, torch::full({kSize}, 0.3)));
}

TEST(Optimizers, EveryRegisteredOneIsCheckedAndOthersAreNotFound) {
  std::set<std::string> covered;
  for (const OptimizerCase& one : Cases()) covered.insert(one.name);
  const std::vector<std::string> names = Optimizers().Names();
  EXPECT_EQ(covered, std::set<std::string>(names.begin(), names.end()));
  const auto unknown = Optimizers().Create("rmsprob", OptimizerConfig(), torch::zeros({1}));
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(unknown.status().message().find("rmsprop"), std::string::npos) << unknown.status();
}

TEST(ClipGlobalNorm, ScalesDownToTheLimitOnly) {
  const torch::Tensor gradients = torch::tensor({3.0f, -4.0f});
  EXPECT_DOUBLE_EQ(ClipGlobalNorm(gradients, 10), 5);
  EXPECT_TRUE(torch::equal(gradients, torch::tensor({3.0f, -4.0f})));
  EXPECT_DOUBLE_EQ(ClipGlobalNorm(gradients, 2.5), 5);
  EXPECT_TRUE(torch::allclose(gradients, torch::tensor({1.5f, -2.0f})));
}

TEST(ClipGlobalNorm, ZeroMeansNoLimit) {
  const torch::Tensor gradients = torch::tensor({300.0f, -400.0f});
  EXPECT_DOUBLE_EQ(ClipGlobalNorm(gradients, 0), 500);
  EXPECT_EQ(gradients[0].item<float>(), 300.0f);
}

TEST(ClipGlobalNorm, ShowsWhatIsNotFinite) {
  EXPECT_TRUE(std::isnan(ClipGlobalNorm(torch::tensor({1.0f, NAN}), 1)));
  EXPECT_TRUE(std::isinf(ClipGlobalNorm(torch::tensor({1.0f, INFINITY}), 1)));
}

}  // namespace
}  // namespace nyala
