#include "deploy/study/lag_study.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/config/resolve.h"

namespace nyala {
namespace {

RunConfig CatchConfig(const std::string& correction, uint64_t frames) {
  ConfigRequest request;
  request.preset = "catch-impala";
  auto resolved = ResolveConfig(request);
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  RunConfig config = resolved->config;
  config.mutable_algorithm()->set_correction(correction);
  config.mutable_limits()->set_frames(frames);
  return config;
}

double Train(const std::string& correction, int64_t lag, uint64_t seed, uint64_t frames) {
  const StopSource stop;
  const auto result = TrainUnderLag(CatchConfig(correction, frames), {lag, seed}, stop);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(-2);
}

TEST(LagStudy, ARunIsAFunctionOfItsLagAndSeed) {
  EXPECT_EQ(Train("vtrace", 2, 1, 6000), Train("vtrace", 2, 1, 6000));
  EXPECT_NE(Train("vtrace", 2, 1, 6000), Train("vtrace", 2, 2, 6000));
}

TEST(LagStudy, WithoutLagEveryCorrectionLearns) {
  for (const char* correction : {"vtrace", "one_step_is", "epsilon", "none"}) {
    EXPECT_GT(Train(correction, 0, 1, 120'000), 0.7) << correction;
  }
}

// Medians of three seeds: single runs of an uncorrected learner may be lucky.
TEST(LagStudy, VtraceHoldsUnderALagAtWhichNoCorrectionFalls) {
  const auto median = [](const char* correction) {
    std::vector<double> found;
    for (const uint64_t seed : {1, 2, 3}) found.push_back(Train(correction, 16, seed, 120'000));
    std::sort(found.begin(), found.end());
    return found[1];
  };
  const double corrected = median("vtrace");
  EXPECT_GT(corrected, 0.6);
  EXPECT_LT(median("none"), corrected - 0.3);
}

TEST(LagStudy, AStopEndsARun) {
  StopSource stop;
  stop.RequestStop("enough");
  EXPECT_TRUE(
      absl::IsCancelled(TrainUnderLag(CatchConfig("vtrace", 1'000'000), {0, 1}, stop).status()));
}

}  // namespace
}  // namespace nyala
