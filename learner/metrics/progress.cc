#include "learner/metrics/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"

namespace nyala {
namespace {

constexpr char kClearLine[] = "\r\x1b[K";
constexpr int kDefaultWidth = 80;

int TerminalWidth(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return size.ws_col;
}

struct Budget {
  double done = 0;
  double total = 0;
  // Per second.
  double pace = 0;
  std::string what;

  double seconds_left() const {
    const double left = std::max(0.0, total - done);
    if (left == 0) return 0;
    return pace > 0 ? left / pace : std::numeric_limits<double>::infinity();
  }
};

// "25 % of 5.00 M frames, 12 s left"; empty without a budget.
std::string FormatBudget(const Progress& progress) {
  const double updates_per_frame = progress.frames == 0 ? 0
                                                        : static_cast<double>(progress.updates) /
                                                              static_cast<double>(progress.frames);
  std::vector<Budget> budgets;
  if (progress.frame_budget > 0) {
    const auto total = static_cast<double>(progress.frame_budget);
    budgets.push_back({static_cast<double>(progress.frames), total, progress.frames_per_second,
                       absl::StrCat(FormatCount(total), " frames")});
  }
  if (progress.update_budget > 0) {
    const auto total = static_cast<double>(progress.update_budget);
    budgets.push_back({static_cast<double>(progress.updates), total,
                       progress.frames_per_second * updates_per_frame,
                       absl::StrCat(FormatCount(total), " updates")});
  }
  if (progress.seconds_budget > 0) {
    budgets.push_back(
        {progress.seconds, progress.seconds_budget, 1, FormatDuration(progress.seconds_budget)});
  }
  if (budgets.empty()) return "";
  const Budget& first = *std::min_element(
      budgets.begin(), budgets.end(),
      [](const Budget& a, const Budget& b) { return a.seconds_left() < b.seconds_left(); });
  // Rounded down: 100 % is said at the end only.
  const double percent = std::min(100.0, std::floor(100 * first.done / first.total));
  std::string text = absl::StrFormat("%.0f %% of %s", percent, first.what);
  if (std::isfinite(first.seconds_left())) {
    absl::StrAppend(&text, ", ", FormatDuration(first.seconds_left()), " left");
  }
  return text;
}

// One decimal, and never in the exponent form that a narrow line would suffer from.
std::string FormatReturn(double value) {
  if (!std::isfinite(value)) return "-";
  if (std::fabs(value) >= 1e6) return FormatCount(value);
  return absl::StrFormat("%.*f", std::fabs(value) < 10 ? 2 : 1, value);
}

}  // namespace

std::string FormatCount(double count) {
  if (!std::isfinite(count)) return "-";
  if (count < 0) return absl::StrCat("-", FormatCount(-count));
  if (count < 999.5) return absl::StrFormat("%.0f", count);
  static constexpr const char* kUnits[] = {"k", "M", "G", "T", "P"};
  size_t unit = 0;
  // The next unit begins where three digits would round up to four.
  for (count /= 1000; count >= 999.5 && unit + 1 < std::size(kUnits); ++unit) count /= 1000;
  const int decimals = count < 9.995 ? 2 : count < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f %s", decimals, count, kUnits[unit]);
}

std::string FormatDuration(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  const auto total = static_cast<int64_t>(std::llround(std::clamp(seconds, 0.0, 1e12)));
  if (total < 60) return absl::StrFormat("%d s", total);
  if (total < 3600) return absl::StrFormat("%d min %02d s", total / 60, total % 60);
  if (total < 86400) return absl::StrFormat("%d h %02d min", total / 3600, total / 60 % 60);
  return absl::StrFormat("%d d %02d h", total / 86400, total / 3600 % 24);
}

std::string FormatProgress(const Progress& progress) {
  std::vector<std::string> parts;
  parts.push_back(absl::StrCat(FormatCount(static_cast<double>(progress.frames)), " frames"));
  parts.push_back(absl::StrCat(FormatCount(progress.frames_per_second), "/s"));
  std::string returns = absl::StrCat("return ", FormatReturn(progress.mean_return));
  if (progress.goal.has_value()) absl::StrAppend(&returns, " of ", *progress.goal);
  parts.push_back(std::move(returns));
  parts.push_back(absl::StrFormat("lag %.1f", progress.policy_lag));
  parts.push_back(absl::StrCat(FormatCount(static_cast<double>(progress.updates)), " updates"));
  parts.push_back(absl::StrCat(progress.actors, progress.actors == 1 ? " actor" : " actors"));
  if (progress.lost_actors > 0)
    absl::StrAppend(&parts.back(), " (", progress.lost_actors, " lost)");
  const std::string budget = FormatBudget(progress);
  if (!budget.empty()) parts.push_back(budget);
  if (!progress.bottleneck.empty()) {
    parts.push_back(absl::StrCat("bottleneck: ", progress.bottleneck));
  }
  return absl::StrJoin(parts, "  ");
}

ProgressPrinter::ProgressPrinter(ProgressPrinterOptions options)
    : options_(std::move(options)),
      own_output_(options_.fd == STDERR_FILENO ? nullptr
                                               : std::make_unique<LineOutput>(options_.fd)),
      output_(own_output_ == nullptr ? StandardError() : *own_output_) {
  if (!options_.clock) options_.clock = MonotonicSeconds;
  if (!options_.width) options_.width = [fd = options_.fd] { return TerminalWidth(fd); };
  terminal_ = options_.terminal.value_or(isatty(options_.fd) == 1);
  next_ = options_.clock() + (terminal_ ? 0 : options_.line_interval);
}

ProgressPrinter::~ProgressPrinter() { Clear(); }

void ProgressPrinter::Update(const Progress& progress) {
  const double now = options_.clock();
  if (now < next_) return;
  next_ = now + (terminal_ ? options_.redraw_interval : options_.line_interval);
  std::string line = FormatProgress(progress);
  if (!terminal_) return output_.Write(line + "\n");
  // A full last column would wrap, and a wrapped line cannot be redrawn in place.
  line.resize(std::min(line.size(), static_cast<size_t>(std::max(1, options_.width() - 1))));
  drawn_ = line;
  output_.Draw(absl::StrCat(kClearLine, line));
}

void ProgressPrinter::Finish(const Progress& progress) {
  Clear();
  output_.Write(FormatProgress(progress) + "\n");
}

void ProgressPrinter::Clear() {
  if (drawn_.empty()) return;
  drawn_.clear();
  output_.Draw(kClearLine);
}

}  // namespace nyala
