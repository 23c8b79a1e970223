// Figures recorded elsewhere, as data for tests: lines of numbers, '#' begins a comment line.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace nyala {

// The lines of tests/data/`name`, which hold `columns` numbers each.
inline std::vector<std::vector<double>> ReadNumbers(const std::string& name, size_t columns) {
  std::ifstream file(std::string(NYALA_TEST_DATA) + "/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    std::istringstream fields(line);
    std::vector<double> row;
    for (double value = 0; fields >> value;) row.push_back(value);
    EXPECT_EQ(row.size(), columns) << line;
    if (row.size() == columns) rows.push_back(row);
  }
  return rows;
}

// To 1e-6, relative but for the smallest numbers.
inline void ExpectClose(double got, double wanted) {
  EXPECT_NEAR(got, wanted, 1e-6 * std::max(1e-3, std::abs(wanted)));
}

}  // namespace nyala
