// The live progress line of a run: its text, and a printer that keeps it on a terminal's last line
// or, without a terminal, prints it now and then.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/system/line_output.h"

namespace nyala {

struct Progress {
  // Wall seconds since process start.
  double seconds = 0;
  uint64_t frames = 0;
  // Lately, not over the whole run.
  double frames_per_second = 0;
  uint64_t updates = 0;
  // Mean return of the last 100 episodes; NaN: none ended yet.
  double mean_return = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> goal;
  // In versions, mean of late unrolls.
  double policy_lag = 0;
  uint32_t actors = 0;
  // How often one went away: it died, was stopped, or lost its connection.
  uint64_t lost_actors = 0;
  // Who the others wait for, and what to change: "actors (add --actors)"; empty: not known.
  std::string bottleneck;
  // Budgets; 0: none.
  uint64_t frame_budget = 0;
  uint64_t update_budget = 0;
  double seconds_budget = 0;
};

// "1.25 M frames  312 k/s  return 183.4 of 475  lag 1.2  12.3 k updates  4 actors
//  25 % of 5.00 M frames, 12 s left  bottleneck: learner", on one line. The budget that ends the
// run first is shown.
std::string FormatProgress(const Progress& progress);

// Three digits: "999", "1.25 k", "312 k", "1.25 M".
std::string FormatCount(double count);
// "12 s", "3 min 20 s", "2 h 05 min", "3 d 04 h".
std::string FormatDuration(double seconds);

struct ProgressPrinterOptions {
  int fd = 2;
  // Seconds between plain lines, and between redraws on a terminal.
  double line_interval = 5;
  double redraw_interval = 0.1;
  // Unset asks the system; tests say what they want.
  std::optional<bool> terminal;
  std::function<int()> width;
  std::function<double()> clock;
};

// Threads: one. Never waits for whoever reads (common/system/line_output.h). A terminal that went
// away is ignored. LogLine clears the terminal's last line by itself, so log lines of any process
// may come between; the next Update draws anew.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(ProgressPrinterOptions options = {});
  // Clears the line, if one stands.
  ~ProgressPrinter();
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  // Shows `progress` when it is time to; cheap otherwise.
  void Update(const Progress& progress);
  // The last state, as a line that stays.
  void Finish(const Progress& progress);

 private:
  void Clear();

  ProgressPrinterOptions options_;
  const std::unique_ptr<LineOutput> own_output_;  // null for standard error, which others use, too
  LineOutput& output_;
  bool terminal_;
  double next_;
  // What stands on the terminal's last line.
  std::string drawn_;
};

}  // namespace nyala
