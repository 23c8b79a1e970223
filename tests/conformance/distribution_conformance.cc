#include "tests/conformance/distribution_conformance.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace nyala {
namespace {

// Continuous grids: [-kReach, kReach] in each dimension.
constexpr double kReach = 10;

// Every combination of one entry of each list.
std::vector<std::vector<double>> Product(const std::vector<std::vector<double>>& lists) {
  std::vector<std::vector<double>> made = {{}};
  for (const auto& list : lists) {
    std::vector<std::vector<double>> longer;
    for (const auto& start : made) {
      for (const double value : list) {
        longer.push_back(start);
        longer.back().push_back(value);
      }
    }
    made = std::move(longer);
  }
  return made;
}

std::vector<double> Range(int64_t count) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i));
  return values;
}

std::vector<double> Line(int64_t points) {
  std::vector<double> values;
  for (int64_t i = 0; i < points; ++i) {
    values.push_back(-kReach +
                     2 * kReach * (static_cast<double>(i) + 0.5) / static_cast<double>(points));
  }
  return values;
}

}  // namespace

torch::Tensor HeadTensor(const std::vector<float>& head) {
  return torch::tensor(head).to(torch::kFloat64);
}

DistributionConformance::DistributionConformance() {
  auto made = MakeDistribution(GetParam().of.policy, GetParam().of.action);
  NYALA_CHECK(made.ok(), "a conformance case that cannot be built");
  distribution_ = *std::move(made);
}

bool DistributionConformance::continuous() const {
  return GetParam().of.action.kind == ActionSpec::Kind::kContinuous;
}

std::vector<float> DistributionConformance::RandomHead(double size) {
  std::vector<float> head(parameters());
  for (float& output : head) output = static_cast<float>(random_.Uniform(-size, size));
  return head;
}

std::vector<double> DistributionConformance::SampleAt(const std::vector<float>& head,
                                                      const ActionKey& key, float* log_prob) const {
  const int64_t n = GetParam().of.action.elements();
  std::vector<float> floats(n);
  std::vector<int32_t> integers(n, -1);
  const float density = distribution_->Sample(
      head.data(), key, continuous() ? static_cast<void*>(floats.data()) : integers.data());
  if (log_prob != nullptr) *log_prob = density;
  if (continuous()) return {floats.begin(), floats.end()};
  return {integers.begin(), integers.end()};
}

std::vector<double> DistributionConformance::GreedyOf(const std::vector<float>& head) const {
  const int64_t n = GetParam().of.action.elements();
  std::vector<float> floats(n);
  std::vector<int32_t> integers(n, -1);
  distribution_->Greedy(head.data(),
                        continuous() ? static_cast<void*>(floats.data()) : integers.data());
  if (continuous()) return {floats.begin(), floats.end()};
  return {integers.begin(), integers.end()};
}

ActionGrid DistributionConformance::Grid() const {
  const ActionSpec& action = GetParam().of.action;
  std::vector<std::vector<double>> lists;
  double volume = 1;
  for (int64_t i = 0; i < action.elements(); ++i) {
    switch (action.kind) {
      case ActionSpec::Kind::kDiscrete:
        lists.push_back(Range(action.n));
        break;
      case ActionSpec::Kind::kMultiDiscrete:
        lists.push_back(Range(action.choices[i]));
        break;
      case ActionSpec::Kind::kMultiBinary:
        lists.push_back(Range(2));
        break;
      case ActionSpec::Kind::kContinuous:
        lists.push_back(Line(action.n == 1 ? 4000 : 200));
        volume *= 2 * kReach / static_cast<double>(lists.back().size());
    }
  }
  ActionGrid grid{Product(lists), {}};
  std::vector<double> volumes;
  for (const auto& at : grid.actions) {
    volumes.push_back(volume);
    if (!GetParam().squashed) continue;
    for (const double u : at) volumes.back() *= 1 - std::tanh(u) * std::tanh(u);
  }
  grid.volumes = torch::tensor(volumes, torch::kFloat64);
  return grid;
}

torch::Tensor DistributionConformance::Stack(
    const std::vector<std::vector<double>>& actions) const {
  std::vector<double> flat;
  for (const auto& action : actions) flat.insert(flat.end(), action.begin(), action.end());
  const torch::Tensor stacked =
      torch::tensor(flat, torch::kFloat64).view({static_cast<int64_t>(actions.size()), -1});
  if (continuous()) return stacked;
  const torch::Tensor integers = stacked.to(torch::kInt64);
  return GetParam().of.action.kind == ActionSpec::Kind::kDiscrete ? integers.squeeze(1) : integers;
}

torch::Tensor DistributionConformance::Densities(const ActionGrid& grid,
                                                 const std::vector<float>& head) const {
  const auto N = static_cast<int64_t>(grid.actions.size());
  return distribution_->Evaluate(HeadTensor(head).expand({N, -1}), Stack(grid.actions))
      .log_prob.exp();
}

}  // namespace nyala
