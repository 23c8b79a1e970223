// What every action distribution must do: put an implementation through it by its registered name.
//
//   INSTANTIATE_TEST_SUITE_P(Mine, DistributionConformance,
//   testing::Values(DistributionCase{...}));
//
// Actions are compared with sums and integrals over all of them: keep choices few, and continuous
// cases at one or two dimensions with an initial sigma of about 1.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/rl/distributions/distribution.h"
#include "tests/common/rl/distributions/slow_densities.h"

namespace nyala {

// How a reported entropy or KL relates to the true one.
enum class Relation { kExact, kLowerBound, kUpperBound };

struct DistributionCase {
  // Made of letters, digits and underscores.
  std::string label;
  SlowPolicy of;
  SlowLogDensity log_density;
  // Whether Greedy is the action of the highest density of what the policy samples.
  bool greedy_is_mode = true;
  Relation entropy = Relation::kExact;
  Relation kl = Relation::kExact;
  // Tolerance of exact entropies.
  double entropy_tolerance = 1e-4;
  // Whether densities are those of tanh(action).
  bool squashed = false;
};

// What a failure shows of a case.
inline void PrintTo(const DistributionCase& of, std::ostream* out) { *out << of.label; }

// All actions, or a fine grid of them, each with the volume that it stands for.
struct ActionGrid {
  std::vector<std::vector<double>> actions;
  torch::Tensor volumes;  // [N] float64
};

class DistributionConformance : public testing::TestWithParam<DistributionCase> {
 protected:
  DistributionConformance();

  bool continuous() const;
  int64_t parameters() const { return distribution_->parameters(); }
  // Head outputs uniform in [-size, size].
  std::vector<float> RandomHead(double size);
  std::vector<double> SampleAt(const std::vector<float>& head, const ActionKey& key,
                               float* log_prob = nullptr) const;
  std::vector<double> GreedyOf(const std::vector<float>& head) const;
  ActionGrid Grid() const;
  // [N] or [N, n], of the dtype that Evaluate takes; float64 for continuous actions.
  torch::Tensor Stack(const std::vector<std::vector<double>>& actions) const;
  // [N] densities of a grid's actions.
  torch::Tensor Densities(const ActionGrid& grid, const std::vector<float>& head) const;

  std::unique_ptr<ActionDistribution> distribution_;
  RandomSequence random_{7};
};

// float64, so that sums and differences of densities are good to many digits.
torch::Tensor HeadTensor(const std::vector<float>& head);

}  // namespace nyala
