#include "learner/admission/actor_lags.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace nyala {
namespace {

// Part of the earlier weight that is left after each further unroll: about 32 unrolls are
// remembered.
constexpr double kRemembered = 31.0 / 32;

}  // namespace

void ActorLags::Add(uint32_t actor, uint64_t lag, uint64_t columns) {
  if (columns == 0) return;
  Lag& known = lags_[actor];
  const double weight = static_cast<double>(columns);
  known.columns = known.columns * kRemembered + weight;
  known.mean += (static_cast<double>(lag) - known.mean) * weight / known.columns;
}

ActorLags::Summary ActorLags::Summarize() const {
  if (lags_.empty()) return {};
  std::vector<double> means;
  means.reserve(lags_.size());
  for (const auto& [actor, lag] : lags_) means.push_back(lag.mean);
  std::sort(means.begin(), means.end());
  // The smallest that at least such a part of them does not exceed.
  const auto quantile = [&means](double part) {
    const double place = std::ceil(part * static_cast<double>(means.size()));
    return means[static_cast<size_t>(std::max(place, 1.0)) - 1];
  };
  return {quantile(0.5), quantile(0.9), means.back()};
}

}  // namespace nyala
