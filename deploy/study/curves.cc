#include "deploy/study/curves.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nyala {
namespace {

constexpr int kTextWidth = 64, kTextHeight = 16;
constexpr double kWidth = 720, kHeight = 420, kLeft = 70, kRight = 150, kTop = 40, kBottom = 50;
constexpr const char* kColours[] = {"#0b6e99", "#d9730d", "#2f7d32",
                                    "#9b2d86", "#8a6d3b", "#c2302f"};

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

// Picture coordinates.
class Frame {
 public:
  explicit Frame(const Curves& curves) : count_(curves.x.size()), range_(RangeOf(curves)) {}
  double X(size_t i) const { return kLeft + PlaceOf(i, count_) * (kWidth - kLeft - kRight); }
  double Y(double value) const {
    const double part = (value - range_.low) / (range_.high - range_.low);
    return kHeight - kBottom - part * (kHeight - kTop - kBottom);
  }
  const Range& range() const { return range_; }

 private:
  const size_t count_;
  const Range range_;
};

std::string Text(double x, double y, const std::string& anchor, const std::string& text) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
                         text);
}

std::string Axes(const Curves& curves, const Frame& frame) {
  std::string svg = absl::StrFormat(
      "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"none\" stroke=\"#999\"/>\n", kLeft,
      kTop, kWidth - kLeft - kRight, kHeight - kTop - kBottom);
  for (size_t i = 0; i < curves.x.size(); ++i) {
    absl::StrAppend(&svg, Text(frame.X(i), kHeight - kBottom + 18, "middle",
                               absl::StrFormat("%g", curves.x[i])));
  }
  for (int i = 0; i <= 4; ++i) {
    const double value =
        frame.range().low + (frame.range().high - frame.range().low) * static_cast<double>(i) / 4;
    absl::StrAppend(&svg,
                    Text(kLeft - 8, frame.Y(value) + 4, "end", absl::StrFormat("%.4g", value)));
  }
  const double middle = kLeft + (kWidth - kLeft - kRight) / 2;
  absl::StrAppend(&svg, Text(middle, 24, "middle", curves.title),
                  Text(middle, kHeight - 12, "middle", curves.x_name),
                  Text(kLeft - 8, kTop - 10, "end", curves.y_name));
  return svg;
}

std::string Line(const Curve& curve, const Frame& frame, size_t number) {
  const char* colour = kColours[number % std::size(kColours)];
  std::string above, below, middle;
  for (size_t i = 0; i < curve.values.size(); ++i) {
    const auto [least, greatest] =
        std::minmax_element(curve.values[i].begin(), curve.values[i].end());
    absl::StrAppendFormat(&above, "%.1f,%.1f ", frame.X(i), frame.Y(*greatest));
    below = absl::StrFormat("%.1f,%.1f ", frame.X(i), frame.Y(*least)) + below;
    absl::StrAppendFormat(&middle, "%.1f,%.1f ", frame.X(i), frame.Y(Median(curve.values[i])));
  }
  const double y = kTop + 16 + 20 * static_cast<double>(number);
  return absl::StrFormat(
             "<polygon points=\"%s%s\" fill=\"%s\" fill-opacity=\"0.15\"/>\n"
             "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n"
             "<line x1=\"%g\" y1=\"%g\" x2=\"%g\" y2=\"%g\" stroke=\"%s\" stroke-width=\"2\"/>\n",
             above, below, colour, middle, colour, kWidth - kRight + 10, y - 4,
             kWidth - kRight + 30, y - 4, colour) +
         Text(kWidth - kRight + 36, y, "start", curve.name);
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
  const Frame frame(curves);
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      kWidth, kHeight);
  absl::StrAppend(&svg, Axes(curves, frame));
  for (size_t c = 0; c < curves.curves.size(); ++c) {
    absl::StrAppend(&svg, Line(curves.curves[c], frame, c));
  }
  return svg + "</svg>\n";
}

}  // namespace nyala
