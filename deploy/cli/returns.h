// Statistics of episodes' returns. Pure function; any thread.
#pragma once

#include <string>
#include <vector>

namespace nyala {

struct ReturnStatistics {
  size_t episodes = 0;
  double mean = 0;
  double median = 0;
  // Standard deviation of the population: sqrt(mean((x - mean)^2)).
  double std = 0;
  double min = 0;
  double max = 0;
};

// At least one return.
ReturnStatistics Summarize(std::vector<double> returns);

// A line for people.
std::string ToText(const ReturnStatistics& statistics);
// {"episodes":100,"mean":...,"median":...,"std":...,"min":...,"max":...}
std::string ToJson(const ReturnStatistics& statistics);

}  // namespace nyala
