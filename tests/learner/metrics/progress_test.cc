#include "learner/metrics/progress.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

using testing::HasSubstr;

Progress SomeProgress() {
  Progress progress;
  progress.seconds = 4;
  progress.frames = 1'250'000;
  progress.frames_per_second = 312'400;
  progress.updates = 12'300;
  progress.mean_return = 183.44;
  progress.goal = 475;
  progress.policy_lag = 1.23;
  progress.actors = 4;
  progress.bottleneck = "learner";
  progress.frame_budget = 5'000'000;
  return progress;
}

TEST(FormatTest, CountsHaveThreeDigits) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(7), "7");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(999.7), "1.00 k");
  EXPECT_EQ(FormatCount(1250), "1.25 k");
  EXPECT_EQ(FormatCount(9996), "10.0 k");
  EXPECT_EQ(FormatCount(99'960), "100 k");
  EXPECT_EQ(FormatCount(312'400), "312 k");
  EXPECT_EQ(FormatCount(999'700), "1.00 M");
  EXPECT_EQ(FormatCount(1'250'000), "1.25 M");
  EXPECT_EQ(FormatCount(2e9), "2.00 G");
  EXPECT_EQ(FormatCount(5e18), "5000 P");
  EXPECT_EQ(FormatCount(-1250), "-1.25 k");
  EXPECT_EQ(FormatCount(std::numeric_limits<double>::quiet_NaN()), "-");
}

TEST(FormatTest, DurationsHaveTwoUnits) {
  EXPECT_EQ(FormatDuration(0.2), "0 s");
  EXPECT_EQ(FormatDuration(59.4), "59 s");
  EXPECT_EQ(FormatDuration(59.6), "1 min 00 s");
  EXPECT_EQ(FormatDuration(200), "3 min 20 s");
  EXPECT_EQ(FormatDuration(3600 * 2 + 60 * 5), "2 h 05 min");
  EXPECT_EQ(FormatDuration(86400 * 3 + 3600 * 4), "3 d 04 h");
  EXPECT_EQ(FormatDuration(std::numeric_limits<double>::infinity()), "-");
}

TEST(FormatTest, TheLineSaysEverything) {
  EXPECT_EQ(FormatProgress(SomeProgress()),
            "1.25 M frames  312 k/s  return 183.4 of 475  lag 1.2  12.3 k updates  4 actors  "
            "25 % of 5.00 M frames, 12 s left  bottleneck: learner");
}

TEST(FormatTest, LostActorsAreCounted) {
  Progress progress = SomeProgress();
  progress.lost_actors = 2;
  EXPECT_THAT(FormatProgress(progress), HasSubstr("  4 actors (2 lost)  "));
}

TEST(FormatTest, TheLineLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(FormatProgress(Progress()), "0 frames  0/s  return -  lag 0.0  0 updates  0 actors");
  Progress progress = SomeProgress();
  progress.frames_per_second = 0;
  EXPECT_THAT(FormatProgress(progress), HasSubstr("25 % of 5.00 M frames  bottleneck"));
}

TEST(FormatTest, TheBudgetThatEndsTheRunFirstIsShown) {
  Progress progress = SomeProgress();
  progress.seconds_budget = 10;
  EXPECT_THAT(FormatProgress(progress), HasSubstr("40 % of 10 s, 6 s left"));
  progress.update_budget = 12'301;
  EXPECT_THAT(FormatProgress(progress), HasSubstr("99 % of 12.3 k updates, 0 s left"));
}

// A printer on a pipe, with a clock of its own.
class ProgressPrinterTest : public testing::Test {
 protected:
  ProgressPrinterTest() {
    int ends[2];
    if (pipe(ends) != 0) ADD_FAILURE() << "no pipe";
    read_end_ = ends[0];
    options_.fd = ends[1];
    options_.clock = [this] { return now_; };
    options_.width = [this] { return width_; };
  }
  ~ProgressPrinterTest() override {
    close(read_end_);
    close(options_.fd);
  }
  // What was printed since the last call.
  std::string Printed() {
    char text[4096];
    // A mark, so that there is always something to read.
    EXPECT_EQ(write(options_.fd, "#", 1), 1);
    const ssize_t count = read(read_end_, text, sizeof(text));
    return std::string(text, static_cast<size_t>(std::max<ssize_t>(count, 1) - 1));
  }
  std::string Line() { return FormatProgress(SomeProgress()); }

  ProgressPrinterOptions options_;
  int read_end_ = -1;
  double now_ = 100;
  int width_ = 200;
};

TEST_F(ProgressPrinterTest, WithoutATerminalALineIsPrintedNowAndThen) {
  options_.line_interval = 5;
  ProgressPrinter printer(options_);
  printer.Update(SomeProgress());
  EXPECT_EQ(Printed(), "");
  now_ = 105;
  printer.Update(SomeProgress());
  printer.Update(SomeProgress());
  EXPECT_EQ(Printed(), Line() + "\n");
  now_ = 109.9;
  printer.Update(SomeProgress());
  EXPECT_EQ(Printed(), "");
  now_ = 110;
  printer.Update(SomeProgress());
  EXPECT_EQ(Printed(), Line() + "\n");
  printer.Finish(SomeProgress());
  EXPECT_EQ(Printed(), Line() + "\n");
}

TEST_F(ProgressPrinterTest, OnATerminalTheLineIsRedrawnInPlace) {
  options_.terminal = true;
  ProgressPrinter printer(options_);
  printer.Update(SomeProgress());
  EXPECT_EQ(Printed(), "\r\x1b[K" + Line());
  printer.Update(SomeProgress());
  EXPECT_EQ(Printed(), "");
  now_ += options_.redraw_interval;
  printer.Update(SomeProgress());
  EXPECT_EQ(Printed(), "\r\x1b[K" + Line());
}

TEST_F(ProgressPrinterTest, ANarrowTerminalGetsAsMuchAsFits) {
  options_.terminal = true;
  ProgressPrinter printer(options_);
  for (const int width : {20, 1, 0}) {
    width_ = width;
    printer.Update(SomeProgress());
    EXPECT_EQ(Printed(),
              "\r\x1b[K" + Line().substr(0, static_cast<size_t>(std::max(1, width - 1))));
    now_ += options_.redraw_interval;
  }
}

TEST_F(ProgressPrinterTest, TheLastStateStaysWhole) {
  options_.terminal = true;
  width_ = 20;
  {
    ProgressPrinter printer(options_);
    printer.Update(SomeProgress());
    Printed();
    printer.Finish(SomeProgress());
  }
  EXPECT_EQ(Printed(), "\r\x1b[K" + Line() + "\n");
}

TEST_F(ProgressPrinterTest, APrinterThatIsDroppedClearsItsLine) {
  options_.terminal = true;
  {
    ProgressPrinter printer(options_);
    printer.Update(SomeProgress());
    Printed();
  }
  EXPECT_EQ(Printed(), "\r\x1b[K");
}

TEST_F(ProgressPrinterTest, ATerminalThatWentAwayIsIgnored) {
  options_.terminal = true;
  const int open_fd = options_.fd;
  options_.fd = -1;
  {
    ProgressPrinter printer(options_);
    printer.Update(SomeProgress());
    printer.Finish(SomeProgress());
  }
  options_.fd = open_fd;
  EXPECT_EQ(Printed(), "");
}

}  // namespace
}  // namespace nyala
