// Chart: lines with bands over numbered axes, as a PNG or an SVG file. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "actor/canvas.h"

namespace nyala {

struct ChartLine {
  std::string name;
  // All of equal length, finite, x ascending. The band is between `low` and `high`, which may be
  // empty.
  std::vector<double> x, middle, low, high;
};

struct Tick {
  double at = 0;
  std::string label;
};

struct Chart {
  std::string title, x_name, y_name;
  // In small print: what line and band are.
  std::string note;
  std::vector<ChartLine> lines;
  // Empty: round numbers are chosen.
  std::vector<Tick> x_ticks;
  // Dashed lines across, each labelled with its value.
  std::vector<double> goals;
};

// At most `most` (3 or more) multiples of 1, 2 or 5 times a power of ten, the first at or below
// `low` and the last at or above `high`; low < high. Labels are short: "250k", "1.5M".
std::vector<Tick> RoundTicks(double low, double high, int most);

// The bytes of the file; at least one line, none of which is empty.
std::string DrawChart(const Chart& chart, Canvas::Kind kind);

}  // namespace nyala
