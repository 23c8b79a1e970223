#include "learner/run/summary.h"

#include <cmath>

#include "common/system/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::HasSubstr;

Summary FullSummary() {
  Summary summary;
  summary.frames = 80'000;
  summary.replayed_frames = 40'000;
  summary.mean_replay_age = 17.5;
  summary.updates = 125;
  summary.seconds = 4.5;
  summary.frames_per_second = 312'000.25;
  summary.mean_return_100 = 480.5;
  summary.best_mean_return_100 = 481;
  summary.goal_reached = true;
  summary.seconds_to_goal = 4.25;
  summary.frames_to_goal = 79'000;
  summary.policy_lag = {1.5, 1, 4, 9};
  summary.actors = 2;
  summary.exit_reason = "goal reached";
  summary.peak_rss_bytes = {{"learner", 100'000'000}};
  return summary;
}

class SummaryTest : public testing::Test {
 protected:
  nlohmann::json Written(const Summary& summary) {
    EXPECT_TRUE(WriteSummary(path_, summary).ok());
    return nlohmann::json::parse(ReadFile(path_).value(), nullptr, false);
  }

  ScratchDir folder_;
  std::string path_ = folder_ / "summary.json";
};

TEST_F(SummaryTest, HasTheFieldsThatScriptsRelyOn) {
  const nlohmann::json json = Written(FullSummary());
  EXPECT_EQ(json.at("frames"), 80'000);
  EXPECT_EQ(json.at("replayed_frames"), 40'000);
  EXPECT_EQ(json.at("mean_replay_age"), 17.5);
  EXPECT_EQ(json.at("updates"), 125);
  EXPECT_EQ(json.at("seconds"), 4.5);
  EXPECT_EQ(json.at("frames_per_second"), 312'000.25);
  EXPECT_EQ(json.at("mean_return_100"), 480.5);
  EXPECT_EQ(json.at("best_mean_return_100"), 481);
  EXPECT_EQ(json.at("goal_reached"), true);
  EXPECT_EQ(json.at("seconds_to_goal"), 4.25);
  EXPECT_EQ(json.at("frames_to_goal"), 79'000);
  EXPECT_EQ(json.at("policy_lag"),
            (nlohmann::json{{"mean", 1.5}, {"p50", 1}, {"p99", 4}, {"max", 9}}));
  EXPECT_EQ(json.at("actors"), 2);
  EXPECT_EQ(json.at("exit_reason"), "goal reached");
  EXPECT_EQ(json.at("peak_rss_bytes"), (nlohmann::json{{"learner", 100'000'000}}));
  EXPECT_EQ(json.at("actor_restarts"), 0);
  EXPECT_EQ(json.at("learner_restarts"), 0);
  EXPECT_EQ(json.size(), 17u);
}

TEST_F(SummaryTest, WhatNeverHappenedIsNull) {
  const nlohmann::json json = Written(Summary());
  for (const char* name :
       {"mean_return_100", "best_mean_return_100", "seconds_to_goal", "frames_to_goal"}) {
    EXPECT_TRUE(json.at(name).is_null()) << name;
  }
  const absl::StatusOr<Summary> read = ReadSummary(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(std::isnan(read->mean_return_100));
  EXPECT_EQ(read->seconds_to_goal, std::nullopt);
  EXPECT_EQ(read->frames_to_goal, std::nullopt);
  EXPECT_TRUE(read->peak_rss_bytes.empty());
}

TEST_F(SummaryTest, TheLauncherAddsTheActorsAndChangesNothingElse) {
  nlohmann::json expected = Written(FullSummary());
  ASSERT_TRUE(AddSupervisorFacts(path_, {{{"actor-0", 5}, {"actor-1", 6}}, 7, 2, ""}).ok());
  expected["peak_rss_bytes"]["actor-0"] = 5;
  expected["peak_rss_bytes"]["actor-1"] = 6;
  expected["actor_restarts"] = 7;
  expected["learner_restarts"] = 2;
  EXPECT_EQ(nlohmann::json::parse(ReadFile(path_).value(), nullptr, false), expected);
  EXPECT_EQ(ListFolder(folder_.path())->size(), 1u);
}

TEST_F(SummaryTest, TheLauncherSaysWhyItStoppedTheLearner) {
  Written(FullSummary());
  ASSERT_TRUE(AddSupervisorFacts(path_, {{}, 5, 0, "an actor failed too often"}).ok());
  EXPECT_EQ(ReadSummary(path_)->exit_reason, "an actor failed too often");
  EXPECT_EQ(ReadSummary(path_)->actor_restarts, 5u);
}

TEST_F(SummaryTest, EveryMissingOrMistypedFieldIsNamed) {
  const nlohmann::json whole = Written(FullSummary());
  for (const auto& [name, value] : whole.items()) {
    nlohmann::json missing = whole;
    missing.erase(name);
    ASSERT_TRUE(WriteFile(path_, missing.dump()).ok());
    EXPECT_THAT(ReadSummary(path_).status().message(), HasSubstr("field '" + name + "'"));
    nlohmann::json mistyped = whole;
    mistyped[name] = nlohmann::json::array({1});
    ASSERT_TRUE(WriteFile(path_, mistyped.dump()).ok());
    EXPECT_THAT(ReadSummary(path_).status().message(), HasSubstr("field '" + name + "'"));
  }
}

TEST_F(SummaryTest, AMissingOrMalformedFileIsNamed) {
  EXPECT_EQ(AddSupervisorFacts(path_, {}).code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(WriteFile(path_, "{").ok());
  EXPECT_EQ(ReadSummary(path_).status().message(), path_ + ": it is not a JSON object");
}

TEST_F(SummaryTest, AnyExitReasonCanBeWritten) {
  Summary summary = FullSummary();
  summary.exit_reason = "cannot write /runs/\xFF: \"full\"";
  ASSERT_TRUE(WriteSummary(path_, summary).ok());
  EXPECT_THAT(ReadSummary(path_)->exit_reason, HasSubstr(": \"full\""));
}

TEST(SummarizeTest, SaysWhatTheCountersSay) {
  RunCounters counters;
  counters.frames = 1000;
  counters.updates = 7;
  counters.replayed_frames = 30;
  counters.replay_age.Add(4);
  counters.frames_to_goal = 900;
  counters.seconds_to_goal = 1.5;
  for (int i = 0; i < 100; ++i) counters.episodes.Add(i, 10);
  for (uint64_t i = 1; i <= 100; ++i) counters.policy_lag.Add(i);
  const Summary summary = Summarize(counters, 2);
  EXPECT_EQ(summary.frames, 1000u);
  EXPECT_EQ(summary.updates, 7u);
  EXPECT_EQ(summary.replayed_frames, 30u);
  EXPECT_EQ(summary.mean_replay_age, 4);
  EXPECT_EQ(summary.seconds, 2);
  EXPECT_EQ(summary.frames_per_second, 500);
  EXPECT_EQ(summary.mean_return_100, 49.5);
  EXPECT_EQ(summary.best_mean_return_100, 49.5);
  EXPECT_TRUE(summary.goal_reached);
  EXPECT_EQ(summary.frames_to_goal, 900u);
  EXPECT_EQ(summary.seconds_to_goal, 1.5);
  EXPECT_EQ(summary.policy_lag.mean, 50.5);
  EXPECT_EQ(summary.policy_lag.p50, 50u);
  EXPECT_EQ(summary.policy_lag.p99, 99u);
  EXPECT_EQ(summary.policy_lag.max, 100u);
}

TEST(SummarizeTest, OfARunThatHasDoneNothing) {
  const Summary summary = Summarize(RunCounters(), 0);
  EXPECT_EQ(summary.frames_per_second, 0);
  EXPECT_FALSE(summary.goal_reached);
}

TEST(PeakRssTest, IsWithinReasonAndNeverFalls) {
  const uint64_t before = PeakRssBytes();
  EXPECT_GT(before, uint64_t{1} << 20);
  EXPECT_LT(before, uint64_t{1} << 40);
  std::vector<char> block(32 << 20, 1);
  EXPECT_GE(PeakRssBytes(), before);
  EXPECT_GE(PeakRssBytes(), block.size());
}

}  // namespace
}  // namespace nyala
