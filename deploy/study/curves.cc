#include "deploy/study/curves.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "deploy/plot/chart.h"

namespace nyala {
namespace {

constexpr int kTextWidth = 64, kTextHeight = 16;

struct Range {
  double low, high;
};

Range RangeOf(const Curves& curves) {
  Range range{HUGE_VAL, -HUGE_VAL};
  for (const Curve& curve : curves.curves) {
    for (const auto& values : curve.values) {
      for (const double value : values) {
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
      }
    }
  }
  if (!(range.high > range.low)) return {range.low - 1, range.low + 1};
  return range;
}

double PlaceOf(size_t i, size_t count) {
  return count < 2 ? 0.5 : static_cast<double>(i) / static_cast<double>(count - 1);
}

}  // namespace

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string ToTable(const Curves& curves) {
  std::string table = absl::StrFormat("%8s", curves.x_name);
  for (const Curve& curve : curves.curves) absl::StrAppendFormat(&table, "  %26s", curve.name);
  for (size_t i = 0; i < curves.x.size(); ++i) {
    absl::StrAppendFormat(&table, "\n%8g", curves.x[i]);
    for (const Curve& curve : curves.curves) {
      const auto [least, greatest] =
          std::minmax_element(curve.values[i].begin(), curve.values[i].end());
      absl::StrAppendFormat(
          &table, "  %26s",
          absl::StrFormat("%.4g (%.4g .. %.4g)", Median(curve.values[i]), *least, *greatest));
    }
  }
  return table + "\n";
}

std::string ToTextPlot(const Curves& curves) {
  const Range range = RangeOf(curves);
  std::vector<std::string> rows(kTextHeight, std::string(kTextWidth, ' '));
  for (size_t c = 0; c < curves.curves.size(); ++c) {
    for (size_t i = 0; i < curves.x.size(); ++i) {
      const double part =
          (Median(curves.curves[c].values[i]) - range.low) / (range.high - range.low);
      const auto row = static_cast<size_t>(std::lround((1 - part) * (kTextHeight - 1)));
      const auto column =
          static_cast<size_t>(std::lround(PlaceOf(i, curves.x.size()) * (kTextWidth - 1)));
      char& cell = rows[row][column];
      // Where several meet, none hides another.
      cell = cell == ' ' ? static_cast<char>('a' + c) : '*';
    }
  }
  std::string plot;
  for (int row = 0; row < kTextHeight; ++row) {
    const double value = range.high - (range.high - range.low) * row / (kTextHeight - 1);
    absl::StrAppendFormat(&plot, "%9.4g |%s|\n", value, rows[row]);
  }
  absl::StrAppendFormat(&plot, "%9s  %s from %g to %g, evenly spaced; * several\n", "",
                        curves.x_name, curves.x.front(), curves.x.back());
  for (size_t c = 0; c < curves.curves.size(); ++c) {
    absl::StrAppendFormat(&plot, "%9s  %c %s\n", "", static_cast<char>('a' + c),
                          curves.curves[c].name);
  }
  return plot;
}

std::string ToCsv(const Curves& curves) {
  std::string csv = absl::StrCat("curve,", curves.x_name, ",repetition,", curves.y_name, "\n");
  for (const Curve& curve : curves.curves) {
    for (size_t i = 0; i < curve.values.size(); ++i) {
      for (size_t r = 0; r < curve.values[i].size(); ++r) {
        absl::StrAppendFormat(&csv, "%s,%g,%d,%.9g\n", curve.name, curves.x[i], r + 1,
                              curve.values[i][r]);
      }
    }
  }
  return csv;
}

std::string ToSvg(const Curves& curves) {
  Chart chart;
  chart.title = curves.title;
  chart.x_name = curves.x_name;
  chart.y_name = curves.y_name;
  chart.note = "line: median, band: least to greatest";
  for (size_t i = 0; i < curves.x.size(); ++i) {
    chart.x_ticks.push_back({static_cast<double>(i), absl::StrFormat("%g", curves.x[i])});
  }
  for (const Curve& curve : curves.curves) {
    ChartLine line;
    line.name = curve.name;
    for (size_t i = 0; i < curve.values.size(); ++i) {
      const std::vector<double>& values = curve.values[i];
      const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
      line.x.push_back(static_cast<double>(i));
      line.middle.push_back(Median(values));
      line.low.push_back(*least);
      line.high.push_back(*greatest);
    }
    chart.lines.push_back(line);
  }
  return DrawChart(chart, Canvas::Kind::kSvg);
}

}  // namespace nyala
