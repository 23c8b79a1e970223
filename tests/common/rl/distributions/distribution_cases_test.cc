// The conformance suite on every registered distribution.
#include <set>

#include "tests/conformance/distribution_conformance.h"

namespace nyala {
namespace {

using Kind = ActionSpec::Kind;

ActionSpec Choices(Kind kind, int64_t n, std::vector<int64_t> choices = {}) {
  ActionSpec action;
  action.kind = kind;
  action.n = n;
  action.choices = std::move(choices);
  return action;
}

// Bounds whose middle and width differ from the policy's.
ActionSpec Box(int64_t n) {
  ActionSpec action;
  action.kind = Kind::kContinuous;
  action.n = n;
  for (int64_t i = 0; i < n; ++i) {
    action.low.push_back(static_cast<float>(-2 - i));
    action.high.push_back(static_cast<float>(2 + 3 * i));
  }
  return action;
}

PolicyConfig Policy(const std::string& name, const std::string& log_sigma = "free",
                    int32_t components = 3) {
  PolicyConfig policy;
  policy.set_distribution(name);
  policy.set_log_sigma(log_sigma);
  policy.set_mixture_components(components);
  policy.set_initial_sigma(0.8);
  return policy;
}

std::vector<DistributionCase> Cases() {
  std::vector<DistributionCase> cases = {
      {"categorical", {Policy("categorical"), Choices(Kind::kDiscrete, 5)}, SlowCategorical},
      {"multi_discrete",
       {Policy("multi_discrete"), Choices(Kind::kMultiDiscrete, 3, {2, 4, 3})},
       SlowMultiDiscrete},
      {"bernoulli", {Policy("bernoulli"), Choices(Kind::kMultiBinary, 4)}, SlowBernoulli},
      {"normal", {Policy("normal"), Box(1)}, SlowNormal},
      {"normal_2d", {Policy("normal", "state"), Box(2)}, SlowNormal},
      {"squashed_normal", {Policy("squashed_normal"), Box(1)}, SlowSquashedNormal},
      {"squashed_normal_2d", {Policy("squashed_normal", "state"), Box(2)}, SlowSquashedNormal},
      {"mixture", {Policy("mixture"), Box(1)}, SlowMixture},
      {"mixture_2d", {Policy("mixture", "state", 2), Box(2)}, SlowMixture},
      {"mixture_of_one", {Policy("mixture", "free", 1), Box(2)}, SlowMixture},
  };
  for (DistributionCase& each : cases) {
    const std::string& name = each.of.policy.distribution();
    if (name == "squashed_normal") {
      each.squashed = true;
      each.greedy_is_mode = false;
      each.entropy_tolerance = 1e-3;  // sigmas up to 1.6: Gauss-Hermite with 16 nodes
    }
    if (name == "mixture" && each.of.policy.mixture_components() > 1) {
      each.greedy_is_mode = false;
      each.entropy = Relation::kLowerBound;
      each.kl = Relation::kUpperBound;
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, DistributionConformance, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.label; });

TEST(Distributions, EveryRegisteredOneGoesThroughTheConformanceSuite) {
  std::set<std::string> covered;
  for (const DistributionCase& each : Cases()) covered.insert(each.of.policy.distribution());
  for (const std::string& name : Distributions().Names()) EXPECT_EQ(covered.count(name), 1) << name;
}

}  // namespace
}  // namespace nyala
