#include "learner/reporter.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/clock.h"
#include "common/system/file.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/fake_assembler.h"
#include "tests/support/scratch_dir.h"
#include "tests/support/wait_until.h"

namespace nyala {
namespace {

class ReporterTest : public testing::Test {
 protected:
  ReporterTest() : roster_({}, 0) {
    EXPECT_TRUE(MakeDirs(folder_ / "run").ok());
    core_ = std::make_unique<LearnerCore>(LearnerCore::Options(), &assembler_, &store_, &roster_);
  }

  void Report(double interval_seconds = 3600) {
    config_.mutable_metrics()->set_interval_seconds(interval_seconds);
    Reporter::Parts parts;
    parts.state = &state_;
    parts.assembler = &assembler_;
    parts.core = core_.get();
    parts.roster = &roster_;
    parts.seconds = [] { return 12.5; };
    parts.learner_help = "add cores";
    parts.door = &door_;
    auto metrics = MetricsWriter::Open(RunPaths(folder_ / "run"));
    ASSERT_TRUE(metrics.ok()) << metrics.status();
    reporter_.emplace(config_, parts, *std::move(metrics), /*show_progress=*/false);
  }
  std::vector<nlohmann::json> Rows() {
    std::vector<nlohmann::json> rows;
    const std::string text = ReadFile(RunPaths(folder_ / "run").metrics()).value();
    for (const auto line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      rows.push_back(nlohmann::json::parse(line.begin(), line.end()));
    }
    return rows;
  }

  ScratchDir folder_;
  RunConfig config_;
  SharedRunState state_;
  FakeAssembler assembler_;
  ParameterStore store_;
  Roster roster_;
  std::unique_ptr<LearnerCore> core_;
  DoorCounters door_;
  std::optional<Reporter> reporter_;
};

TEST_F(ReporterTest, TheLastRowIsOfTheEnd) {
  Report();
  state_.Update([](RunState* state) {
    state->counters.frames = 640;
    state->counters.updates = 4;
    state->counters.policy_lag.Add(3, 2);
    state->skipped_steps = 1;
    state->last_step.total_loss = 0.25;
    for (int i = 0; i < 3; ++i) state->counters.episodes.Add(7, 20);
  });
  door_.refused_calls = 5;
  reporter_->Stop();
  reporter_->Stop();
  ASSERT_EQ(Rows().size(), 1u);
  const nlohmann::json row = Rows()[0];
  EXPECT_EQ(row.at("step"), 640);
  EXPECT_EQ(row.at("updates"), 4);
  EXPECT_EQ(row.at("seconds"), 12.5);
  EXPECT_EQ(row.at("episode/mean_return_100"), 7);
  EXPECT_EQ(row.at("episode/mean_length_100"), 20);
  EXPECT_EQ(row.at("policy_lag/mean"), 3);
  EXPECT_EQ(row.at("loss/total"), 0.25);
  EXPECT_EQ(row.at("updates_skipped"), 1);
  EXPECT_EQ(row.at("calls_refused"), 5);
  EXPECT_EQ(row.at("actors"), 0);
  EXPECT_FALSE(row.contains("replay/frames"));
}

TEST_F(ReporterTest, RunsWithReplayTellOfIt) {
  config_.mutable_batch()->set_replay_fraction(0.5);
  Report();
  state_.Update([](RunState* state) {
    state->counters.replayed_frames = 30;
    state->counters.replay_age.Add(4);
  });
  reporter_->Stop();
  EXPECT_EQ(Rows().at(0).at("replay/frames"), 30);
  EXPECT_EQ(Rows().at(0).at("replay/mean_age"), 4);
}

// A learner that stands still would look busy if only waits that have ended counted.
TEST_F(ReporterTest, AWaitThatGoesOnCounts) {
  state_.Update([](RunState* state) { state->waiting_since = MonotonicSeconds(); });
  Report();
  reporter_->Stop();
  EXPECT_EQ(Rows().at(0).at("time/learner_waiting"), 1);
}

TEST_F(ReporterTest, ShareThatUnrollsWereBlockedIsNeverAboveAll) {
  Report();
  assembler_.SetBlockedSeconds(1e9);
  reporter_->Stop();
  EXPECT_EQ(Rows().at(0).at("time/unrolls_blocked"), 1);
}

TEST_F(ReporterTest, RowsComeWhileTheRunGoesOn) {
  Report(/*interval_seconds=*/0.1);
  const auto come = [this] { return Rows().size() >= 2; };
  EXPECT_TRUE(WaitUntil(come));
  reporter_->Stop();
}

}  // namespace
}  // namespace nyala
