#include "actor/rollout/hang_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace nyala {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kPeriod = 1;

class HangDetectorTest : public testing::Test {
 protected:
  // Looks every period until `seconds` have passed.
  void Pass(double seconds) {
    for (double passed = 0; passed < seconds; passed += kPeriod) detector_.Look(now_ += kPeriod);
  }

  std::vector<std::string> lines_;
  HangDetector detector_{[this](const std::string& line) { lines_.push_back(line); }, kPeriod};
  double now_ = 1000;
};

TEST_F(HangDetectorTest, TellsOfACallThatDoesNotReturnOnce) {
  CallMark* const mark = detector_.Add("environment 'X'", 10);
  Pass(5);
  const CallMark::Scope call(mark);
  Pass(9);
  EXPECT_THAT(lines_, IsEmpty());
  Pass(30);
  EXPECT_THAT(lines_, ElementsAre("environment 'X' has not returned for 10 s "
                                  "(environment.step_timeout_seconds)"));
}

TEST_F(HangDetectorTest, ThreadsThatComeAndGoAreFine) {
  CallMark* const mark = detector_.Add("environment 'X'", 10);
  for (int i = 0; i < 20; ++i) {
    const CallMark::Scope call(mark);
    Pass(8);
  }
  Pass(100);
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(HangDetectorTest, EachThreadHasItsOwnLimit) {
  CallMark* const slow = detector_.Add("slow", 100);
  CallMark* const quick = detector_.Add("quick", 10);
  const CallMark::Scope slow_call(slow);
  std::optional<CallMark::Scope> quick_call;
  quick_call.emplace(quick);
  Pass(20);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("quick")));
  quick_call.reset();
  quick_call.emplace(quick);
  Pass(20);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("quick"), HasSubstr("quick")));
  Pass(80);
  EXPECT_THAT(lines_.back(), HasSubstr("slow"));
}

TEST_F(HangDetectorTest, AProcessThatWasStoppedIsNotBlamed) {
  const CallMark::Scope call(detector_.Add("environment 'X'", 10));
  Pass(3);
  now_ += 3600;
  Pass(3);
  EXPECT_THAT(lines_, IsEmpty());
}

TEST(HangWatch, LooksByItselfAndNamesTheEnvironments) {
  Mutex mu;
  CondVar changed;
  std::string told;
  const auto watch = HangWatch::Start(0.01, [&](const std::string& line) {
    MutexLock lock(mu);
    told = line;
    changed.NotifyAll();
  });
  VectorEnvOptions options;
  options.id = "Slow-v0";
  options.E = 4;
  options.first_environment = 32;
  options.step_timeout_seconds = 0.01;
  const CallMark::Scope call(watch->Add(options, "rollout-1"));
  MutexLock lock(mu);
  EXPECT_TRUE(changed.WaitFor(mu, std::chrono::seconds(60), [&] { return !told.empty(); }));
  EXPECT_THAT(told, HasSubstr("environment 'Slow-v0' (numbers 32 to 35, thread rollout-1) has not "
                              "returned for 0.01 s"));
}

TEST(HangWatch, IsNotStartedForNothing) {
  EXPECT_EQ(HangWatch::Start(0, [](const std::string&) {}), nullptr);
  EXPECT_EQ(HangWatch::Start(60, nullptr), nullptr);
}

}  // namespace
}  // namespace nyala
