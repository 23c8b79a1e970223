// Curves: medians and ranges of a study, as text, as CSV and as an SVG picture. Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace nyala {

// One line of the picture: at each x the values of the repetitions.
struct Curve {
  std::string name;
  std::vector<std::vector<double>> values;  // [x][repetition], each not empty
};

struct Curves {
  std::string title, x_name, y_name;
  std::vector<double> x;
  std::vector<Curve> curves;
};

// Rows of x, columns of curves: "median (min .. max)".
std::string ToTable(const Curves& curves);
// Medians drawn with letters in a box of text, x evenly spaced in the order given.
std::string ToTextPlot(const Curves& curves);
// A row for every single value: name, x, repetition, value.
std::string ToCsv(const Curves& curves);
// Median lines with a band from least to greatest; x evenly spaced in the order given.
std::string ToSvg(const Curves& curves);

double Median(std::vector<double> values);

}  // namespace nyala
