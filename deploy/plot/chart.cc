#include "deploy/plot/chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace nyala {
namespace {

constexpr int kWidth = 640, kHeight = 360;
// Distances of the box that the lines are in from the edges of the picture.
constexpr double kLeft = 64, kTop = 40, kBottom = 48;
constexpr double kKeyLine = 18, kText = 11;
constexpr int kMostTicks = 8;
constexpr Color kBlack{40, 40, 40}, kGray{120, 120, 120}, kLight{228, 228, 228};
constexpr Color kColors[] = {{11, 110, 153}, {217, 115, 13}, {47, 125, 50},
                             {155, 45, 134}, {138, 109, 59}, {194, 48, 47}};

struct Range {
  double low = HUGE_VAL, high = -HUGE_VAL;
  void Take(const std::vector<double>& values) {
    for (const double value : values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  // Something above nothing, and above what rounding leaves of equal values.
  void Widen() {
    if (high - low > 1e-9 * std::max(std::abs(low), std::abs(high))) return;
    const double room = std::max(1.0, std::abs(low) / 10);
    low -= room;
    high += room;
  }
};

// In the unit of the greatest value of the axis.
std::string Label(double value, double greatest) {
  if (value == 0) return "0";
  if (greatest >= 1e9) return absl::StrFormat("%.4gG", value / 1e9);
  if (greatest >= 1e6) return absl::StrFormat("%.4gM", value / 1e6);
  if (greatest >= 1e4) return absl::StrFormat("%.4gk", value / 1e3);
  return absl::StrFormat("%.4g", value);
}

class Plot {
 public:
  Plot(const Chart& chart, Canvas::Kind kind) : chart_(chart), canvas_(kWidth, kHeight, kind) {
    Range x, y;
    size_t longest = 0;
    for (const ChartLine& line : chart.lines) {
      x.Take(line.x);
      for (const auto* values : {&line.middle, &line.low, &line.high}) y.Take(*values);
      longest = std::max(longest, line.name.size());
    }
    y.Take(chart.goals);
    x.Widen();
    y.Widen();
    // The key's sample, and its text as wide as most letters are.
    key_ = std::min(240.0, 42 + 6.0 * static_cast<double>(longest));
    y_ticks_ = RoundTicks(y.low, y.high, kMostTicks);
    x_ticks_ = chart.x_ticks;
    if (x_ticks_.empty()) {
      // Curves start near nothing and end where the budget does.
      if (x.low > 0 && x.low < 0.2 * x.high) x.low = 0;
      x_ticks_ = RoundTicks(x.low, x.high, kMostTicks);
      while (x_ticks_.back().at > x.high + 1e-9 * (x.high - x.low)) x_ticks_.pop_back();
    }
    x_ = x;
    y_ = {y_ticks_.front().at, y_ticks_.back().at};
  }

  std::string Draw() {
    DrawAxes();
    for (const double goal : chart_.goals) DrawGoal(goal);
    for (size_t i = 0; i < chart_.lines.size(); ++i) DrawBand(chart_.lines[i], ColorOf(i));
    for (size_t i = 0; i < chart_.lines.size(); ++i) DrawLine(chart_.lines[i], i);
    return canvas_.Encode();
  }

 private:
  static Color ColorOf(size_t line) { return kColors[line % std::size(kColors)]; }

  double right() const { return kWidth - key_ - 10; }
  double X(double value) const {
    return kLeft + (value - x_.low) / (x_.high - x_.low) * (right() - kLeft);
  }
  double Y(double value) const {
    return kBottom + (value - y_.low) / (y_.high - y_.low) * (kHeight - kTop - kBottom);
  }

  void DrawAxes() {
    for (const Tick& tick : y_ticks_) {
      canvas_.DrawLines({{kLeft, Y(tick.at)}, {right(), Y(tick.at)}}, kLight, 1);
      canvas_.DrawText({kLeft - 8, Y(tick.at) - 4}, tick.label, kBlack, kText, Align::kRight);
    }
    for (const Tick& tick : x_ticks_) {
      canvas_.DrawLines({{X(tick.at), kBottom}, {X(tick.at), kBottom - 4}}, kGray, 1);
      canvas_.DrawText({X(tick.at), kBottom - 18}, tick.label, kBlack, kText, Align::kMiddle);
    }
    canvas_.DrawLines({{kLeft, kHeight - kTop}, {kLeft, kBottom}, {right(), kBottom}}, kGray, 1);
    const double middle = (kLeft + right()) / 2;
    canvas_.DrawText({middle, kHeight - 16}, chart_.title, kBlack, 14, Align::kMiddle);
    canvas_.DrawText({middle, 10}, chart_.x_name, kBlack, kText, Align::kMiddle);
    canvas_.DrawText({8, kHeight - kTop + 10}, chart_.y_name, kBlack, kText);
    canvas_.DrawText({kWidth - 8, 10}, chart_.note, kGray, 9, Align::kRight);
  }

  void DrawGoal(double goal) {
    canvas_.DrawLines({{kLeft, Y(goal)}, {right(), Y(goal)}}, kGray, 1, 5);
    canvas_.DrawText({right() + 6, Y(goal) - 4}, absl::StrFormat("goal %.5g", goal), kGray, kText);
  }

  void DrawBand(const ChartLine& line, Color color) {
    std::vector<Point> corners;
    for (size_t i = 0; i < line.high.size(); ++i)
      corners.push_back({X(line.x[i]), Y(line.high[i])});
    for (size_t i = line.low.size(); i-- > 0;) corners.push_back({X(line.x[i]), Y(line.low[i])});
    canvas_.FillPolygon(corners, color, 0.18);
  }

  void DrawLine(const ChartLine& line, size_t number) {
    std::vector<Point> points;
    for (size_t i = 0; i < line.x.size(); ++i) points.push_back({X(line.x[i]), Y(line.middle[i])});
    // A single point is a line too.
    if (points.size() == 1) points.push_back(points[0]);
    canvas_.DrawLines(points, ColorOf(number), 2);
    // The key fills the margin from below, as goals are mostly at the top.
    const double y = kBottom + 6 + kKeyLine * static_cast<double>(chart_.lines.size() - 1 - number);
    canvas_.DrawLines({{right() + 12, y + 4}, {right() + 30, y + 4}}, ColorOf(number), 2);
    canvas_.DrawText({right() + 36, y}, line.name, kBlack, kText);
  }

  const Chart& chart_;
  Canvas canvas_;
  double key_ = 0;  // its width
  Range x_, y_;
  std::vector<Tick> x_ticks_, y_ticks_;
};

}  // namespace

std::vector<Tick> RoundTicks(double low, double high, int most) {
  for (double power = std::pow(10, std::floor(std::log10((high - low) / most)));; power *= 10) {
    for (const double factor : {1, 2, 5}) {
      const double step = power * factor;
      const double first = std::floor(low / step), last = std::ceil(high / step);
      if (last - first >= most) continue;
      const double greatest = std::max(std::abs(first), std::abs(last)) * step;
      std::vector<Tick> ticks;
      for (double i = first; i <= last; ++i) ticks.push_back({i * step, Label(i * step, greatest)});
      return ticks;
    }
  }
}

std::string DrawChart(const Chart& chart, Canvas::Kind kind) { return Plot(chart, kind).Draw(); }

}  // namespace nyala
