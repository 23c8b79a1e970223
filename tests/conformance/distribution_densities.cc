// The mathematics of a distribution, against its definition, sums and integrals.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/conformance/distribution_conformance.h"

namespace nyala {
namespace {

constexpr int kHeads = 6;

torch::Tensor XLogX(const torch::Tensor& x) { return torch::special::xlogy(x, x); }

// Gradient of `value`, a scalar function of a float64 vector, at `at`.
torch::Tensor CentralDifferences(const torch::Tensor& at,
                                 const std::function<torch::Tensor(const torch::Tensor&)>& value) {
  constexpr double kStep = 1e-5;
  torch::NoGradGuard no_gradients;
  torch::Tensor gradient = torch::zeros_like(at);
  for (int64_t i = 0; i < at.numel(); ++i) {
    torch::Tensor above = at.detach().clone(), below = at.detach().clone();
    above[i] += kStep;
    below[i] -= kStep;
    gradient[i] = (value(above) - value(below)) / (2 * kStep);
  }
  return gradient;
}

void ExpectGradient(const std::vector<float>& head,
                    const std::function<torch::Tensor(const torch::Tensor&)>& value) {
  const torch::Tensor at = HeadTensor(head).requires_grad_(true);
  value(at).backward();
  const torch::Tensor expected = CentralDifferences(at, value);
  EXPECT_LT((at.grad() - expected).abs().max().item<double>(),
            1e-5 * std::max(1.0, expected.abs().max().item<double>()));
}

void ExpectRelation(Relation relation, double reported, double truth, double tolerance) {
  if (relation != Relation::kUpperBound) {
    EXPECT_LT(reported, truth + tolerance);
  }
  if (relation != Relation::kLowerBound) {
    EXPECT_GT(reported, truth - tolerance);
  }
}

}  // namespace

TEST_P(DistributionConformance, DensityIsTheDefinition) {
  for (int i = 0; i < 100; ++i) {
    const std::vector<float> head = RandomHead(1.5);
    const std::vector<double> action = SampleAt(head, {1, 1, static_cast<uint64_t>(i)});
    const std::vector<double> exact(head.begin(), head.end());
    const double log_prob =
        distribution_->Evaluate(HeadTensor(head), Stack({action})[0]).log_prob.item<double>();
    EXPECT_NEAR(log_prob, GetParam().log_density(GetParam().of, exact, action), 2e-5);
  }
}

TEST_P(DistributionConformance, DensityIntegratesToOne) {
  const ActionGrid grid = Grid();
  for (int i = 0; i < kHeads; ++i) {
    const torch::Tensor total = (Densities(grid, RandomHead(0.7)) * grid.volumes).sum();
    EXPECT_NEAR(total.item<double>(), 1, 1e-5);
  }
}

TEST_P(DistributionConformance, EntropyIsTheIntegral) {
  const ActionGrid grid = Grid();
  for (int i = 0; i < kHeads; ++i) {
    const std::vector<float> head = RandomHead(0.7);
    const double entropy = distribution_->Evaluate(HeadTensor(head), Stack({grid.actions[0]})[0])
                               .entropy.item<double>();
    const double integral = -(XLogX(Densities(grid, head)) * grid.volumes).sum().item<double>();
    ExpectRelation(GetParam().entropy, entropy, integral, GetParam().entropy_tolerance);
  }
}

TEST_P(DistributionConformance, KlIsTheIntegral) {
  const ActionGrid grid = Grid();
  for (int i = 0; i < kHeads; ++i) {
    const std::vector<float> p = RandomHead(0.7), q = RandomHead(0.7);
    const double kl = distribution_->Kl(HeadTensor(p), HeadTensor(q)).item<double>();
    const torch::Tensor of_p = Densities(grid, p), of_q = Densities(grid, q);
    const double integral =
        ((XLogX(of_p) - torch::special::xlogy(of_p, of_q)) * grid.volumes).sum().item<double>();
    EXPECT_GT(integral, 0);
    ExpectRelation(GetParam().kl, kl, integral, 1e-4);
  }
}

TEST_P(DistributionConformance, KlIsZeroOfItselfAndPositiveOtherwise) {
  for (int i = 0; i < 20; ++i) {
    const torch::Tensor p = torch::tensor(RandomHead(2)), q = torch::tensor(RandomHead(2));
    EXPECT_EQ(distribution_->Kl(p, p).item<float>(), 0);
    EXPECT_GT(distribution_->Kl(p, q).item<float>(), 0);
  }
}

TEST_P(DistributionConformance, GradientsAreFiniteDifferences) {
  for (uint64_t i = 0; i < 10; ++i) {
    const std::vector<float> head = RandomHead(1.5), other = RandomHead(1.5);
    const torch::Tensor action = Stack({SampleAt(other, {2, 2, i})})[0];
    const torch::Tensor fixed = HeadTensor(other);
    ExpectGradient(head, [&](const torch::Tensor& at) {
      return distribution_->Evaluate(at, action).log_prob;
    });
    ExpectGradient(
        head, [&](const torch::Tensor& at) { return distribution_->Evaluate(at, action).entropy; });
    ExpectGradient(head, [&](const torch::Tensor& at) { return distribution_->Kl(at, fixed); });
    ExpectGradient(head, [&](const torch::Tensor& at) { return distribution_->Kl(fixed, at); });
  }
}

TEST_P(DistributionConformance, GreedyIsTheMode) {
  if (!GetParam().greedy_is_mode) GTEST_SKIP() << "it is something else, named in its header";
  const ActionGrid grid = Grid();
  for (int i = 0; i < kHeads; ++i) {
    const std::vector<float> head = RandomHead(1.0);
    const double at_greedy = distribution_->Evaluate(HeadTensor(head), Stack({GreedyOf(head)})[0])
                                 .log_prob.exp()
                                 .item<double>();
    EXPECT_GE(at_greedy, Densities(grid, head).max().item<double>() - 1e-12);
  }
}

}  // namespace nyala
