// Whole episodes recorded elsewhere, as data for tests: a title line (a word and numbers), lines of
// numbers that say how it starts, a line of numbers for each frame, "end". '#' begins a comment.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace nyala {

struct RecordedEpisode {
  std::vector<double> title;
  std::vector<std::vector<double>> start;
  std::vector<std::vector<double>> frames;
};

// Those of tests/data/`name`, which start with `start_lines` lines each.
inline std::vector<RecordedEpisode> ReadEpisodes(const std::string& name, size_t start_lines) {
  std::ifstream file(std::string(NYALA_TEST_DATA) + "/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<RecordedEpisode> episodes;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    std::istringstream fields(line);
    std::string word;
    if (!inside || line == "end") fields >> word;
    std::vector<double> numbers;
    for (double value = 0; fields >> value;) numbers.push_back(value);
    if (!inside) {
      episodes.push_back({numbers, {}, {}});
    } else if (word.empty()) {
      auto& lines = episodes.back().start.size() < start_lines ? episodes.back().start
                                                               : episodes.back().frames;
      lines.push_back(std::move(numbers));
    }
    inside = line != "end";
  }
  EXPECT_FALSE(inside) << name << " ends in the middle of an episode";
  EXPECT_FALSE(episodes.empty()) << name;
  return episodes;
}

}  // namespace nyala
