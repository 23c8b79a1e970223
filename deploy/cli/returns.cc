#include "deploy/cli/returns.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "absl/strings/str_format.h"
#include "common/base/check.h"

namespace nyala {

ReturnStatistics Summarize(std::vector<double> returns) {
  NYALA_CHECK(!returns.empty(), "statistics of no episodes");
  std::sort(returns.begin(), returns.end());
  const size_t n = returns.size();
  ReturnStatistics statistics;
  statistics.episodes = n;
  statistics.mean = std::accumulate(returns.begin(), returns.end(), 0.0) / static_cast<double>(n);
  double squares = 0;
  for (const double value : returns) squares += std::pow(value - statistics.mean, 2);
  statistics.std = std::sqrt(squares / static_cast<double>(n));
  statistics.median = (returns[(n - 1) / 2] + returns[n / 2]) / 2;
  statistics.min = returns.front();
  statistics.max = returns.back();
  return statistics;
}

std::string ToText(const ReturnStatistics& statistics) {
  return absl::StrFormat(
      "return of %d episode%s: mean %.6g  median %.6g  std %.6g  min %.6g  max %.6g",
      statistics.episodes, statistics.episodes == 1 ? "" : "s", statistics.mean, statistics.median,
      statistics.std, statistics.min, statistics.max);
}

std::string ToJson(const ReturnStatistics& statistics) {
  nlohmann::ordered_json json;
  json["episodes"] = statistics.episodes;
  json["mean"] = statistics.mean;
  json["median"] = statistics.median;
  json["std"] = statistics.std;
  json["min"] = statistics.min;
  json["max"] = statistics.max;
  return json.dump();
}

}  // namespace nyala
