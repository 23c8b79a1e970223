// Whole runs on one machine: train, the run folder, eval, resume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/system/file.h"
#include "tests/support/command_test.h"

namespace nyala {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using TrainTest = CommandTest;

TEST_F(TrainTest, UsesItsBudgetAndSaysWhatToDoNext) {
  std::unique_ptr<Subprocess> process = Start(Train({"--frames=5000"}));
  EXPECT_EQ(process->Wait(), 0) << process->output();
  EXPECT_THAT(process->output(), HasSubstr(run_dir()));
  EXPECT_THAT(process->output(), HasSubstr("nyala eval --run="));
  ExpectNothingLeft(process.get());
}

TEST_F(TrainTest, LeavesACompleteRunFolder) {
  TrainToTheEnd(run_dir());
  const std::vector<std::string> names = ListFolder(run_dir()).value();
  EXPECT_THAT(names, Contains("config.textproto"));
  EXPECT_THAT(names, Contains("summary.json"));
  EXPECT_THAT(names, Contains(StartsWith("events.out.tfevents.")));
  EXPECT_GE(Frames(), 5000u);
  ASSERT_FALSE(Checkpoints().empty());
  EXPECT_TRUE(PathExists(Checkpoints().back() + "/model.safetensors"));
}

TEST_F(TrainTest, SummaryHasTheFieldsThatScriptsRelyOn) {
  TrainToTheEnd(run_dir());
  const nlohmann::json summary = Summary();
  ASSERT_TRUE(summary.is_object());
  EXPECT_GE(summary.at("frames").get<uint64_t>(), 5000u);
  EXPECT_GT(summary.at("updates").get<uint64_t>(), 0u);
  EXPECT_GT(summary.at("seconds").get<double>(), 0);
  EXPECT_GT(summary.at("frames_per_second").get<double>(), 0);
  EXPECT_LE(summary.at("mean_return_100").get<double>(), 1);
  EXPECT_GE(summary.at("best_mean_return_100").get<double>(),
            summary.at("mean_return_100").get<double>());
  EXPECT_FALSE(summary.at("goal_reached").get<bool>());
  EXPECT_TRUE(summary.at("seconds_to_goal").is_null());
  EXPECT_TRUE(summary.at("frames_to_goal").is_null());
  const nlohmann::json& lag = summary.at("policy_lag");
  EXPECT_LE(lag.at("p50").get<uint64_t>(), lag.at("p99").get<uint64_t>());
  EXPECT_LE(lag.at("p99").get<uint64_t>(), lag.at("max").get<uint64_t>());
  EXPECT_LE(lag.at("mean").get<double>(), lag.at("max").get<double>());
  EXPECT_EQ(summary.at("actors").get<int>(), 1);
  EXPECT_NE(summary.at("exit_reason").get<std::string>(), "");
  const nlohmann::json& rss = summary.at("peak_rss_bytes");
  for (const char* name : {"learner", "actor-0"}) {
    EXPECT_GT(rss.value(name, uint64_t{0}), 1u << 20) << name << " in " << rss;
  }
}

TEST_F(TrainTest, StopsAtItsGoal) {
  // Catch returns at least -1, so the first hundred episodes reach it.
  const Finished finished = Run(Train({"--goal=-1", "--frames=1000000"}));
  EXPECT_EQ(finished.status, 0) << finished.err;
  const nlohmann::json summary = Summary();
  EXPECT_TRUE(summary.at("goal_reached").get<bool>());
  EXPECT_GT(summary.at("seconds_to_goal").get<double>(), 0);
  EXPECT_GT(summary.at("frames_to_goal").get<uint64_t>(), 0u);
  EXPECT_LT(summary.at("frames").get<uint64_t>(), 1000000u);
}

TEST_F(TrainTest, AGoalThatIsMissedIsStatus3) {
  const Finished finished = Run(Train({"--goal=2", "--frames=5000"}));
  EXPECT_EQ(finished.status, 3) << finished.err;
  EXPECT_FALSE(Summary().at("goal_reached").get<bool>());
}

TEST_F(TrainTest, ConfigOfTheRunIsWhatWasAskedFor) {
  const Finished finished =
      Run(Train({"--frames=5000", "--seed=7", "--set", "network.hidden=24,12"}));
  ASSERT_EQ(finished.status, 0) << finished.err;
  const std::string config = ReadFile(run_dir() + "/config.textproto").value();
  EXPECT_THAT(config, HasSubstr("seed: 7"));
  EXPECT_THAT(config, HasSubstr("24"));
  EXPECT_THAT(config, HasSubstr("\"Catch\""));
}

TEST_F(TrainTest, SynchronousRunsEndToo) {
  std::unique_ptr<Subprocess> process =
      Start(Train({"--algorithm=a2c", "--frames=5000", "--actors=2"}));
  EXPECT_EQ(process->Wait(), 0) << process->output();
  EXPECT_EQ(Summary().at("policy_lag").at("max").get<double>(), 0);
  EXPECT_EQ(Summary().at("actors").get<int>(), 2);
  ExpectNothingLeft(process.get());
}

TEST_F(TrainTest, RunsOfWholeSessionsEndToo) {
  std::unique_ptr<Subprocess> process =
      Start(Train({"--algorithm=reinforce", "--frames=5000", "--actors=2", "--set",
                   "batch.max_session_frames=20", "--set", "batch.sessions_per_column=2"}));
  EXPECT_EQ(process->Wait(), 0) << process->output();
  EXPECT_GE(Frames(), 5000u);
  EXPECT_EQ(Summary().at("policy_lag").at("max").get<double>(), 0);
  EXPECT_EQ(Summary().at("actors").get<int>(), 2);
  ExpectNothingLeft(process.get());
}

TEST_F(TrainTest, WholeSessionsNeedALimit) {
  const Finished finished = Run(Train({"--algorithm=reinforce", "--frames=5000"}));
  EXPECT_NE(finished.status, 0);
  EXPECT_THAT(finished.err, HasSubstr("batch.max_session_frames is 0 but environment.id is Catch"));
  EXPECT_FALSE(PathExists(run_dir() + "/config.textproto"));
}

TEST_F(TrainTest, ReplayIsCountedApartAndSurvivesACheckpoint) {
  Finished finished = Run(Train({"--frames=5000", "--set", "batch.replay_fraction=0.5", "--set",
                                 "batch.replay_columns=100", "--set", "checkpoint.replay=true"}));
  ASSERT_EQ(finished.status, 0) << finished.err;
  const nlohmann::json before = Summary();
  const auto replayed = before.at("replayed_frames").get<uint64_t>();
  // Half of each batch, but for the first ones.
  EXPECT_GT(replayed, Frames() / 4);
  EXPECT_LE(replayed, Frames());
  EXPECT_GE(before.at("mean_replay_age").get<double>(), 1);
  finished = Run({"train", "--resume", "--run=" + run_dir(), "--frames=10000"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("replay: 100 columns restored"));
  EXPECT_GT(Summary().at("replayed_frames").get<uint64_t>(), replayed);
  // Columns of another shape are refused with the way out.
  finished = Run({"train", "--resume", "--run=" + run_dir(), "--frames=15000", "--set",
                  "batch.unroll_length=7"});
  EXPECT_NE(finished.status, 0);
  EXPECT_THAT(finished.err, HasSubstr("--set checkpoint.replay=false"));
}

TEST_F(TrainTest, ResumeGoesOnWhereTheRunEnded) {
  TrainToTheEnd(run_dir());
  const nlohmann::json before = Summary();
  const Finished finished = Run({"train", "--resume", "--run=" + run_dir(), "--frames=10000"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  const nlohmann::json after = Summary();
  EXPECT_GE(after.at("frames").get<uint64_t>(), 10000u);
  EXPECT_GT(after.at("updates").get<uint64_t>(), before.at("updates").get<uint64_t>());
  EXPECT_GT(after.at("seconds").get<double>(), before.at("seconds").get<double>());
  EXPECT_GE(after.at("best_mean_return_100").get<double>(),
            before.at("best_mean_return_100").get<double>());
}

TEST_F(TrainTest, AFolderThatHoldsARunIsNotOverwritten) {
  TrainToTheEnd(run_dir());
  const std::string summary = ReadFile(run_dir() + "/summary.json").value();
  std::unique_ptr<Subprocess> second = Start(Train({"--frames=5000"}));
  EXPECT_NE(second->Wait(), 0);
  EXPECT_THAT(second->err(), HasSubstr("--resume"));
  EXPECT_EQ(ReadFile(run_dir() + "/summary.json").value(), summary);
  ExpectNothingLeft(second.get());
}

TEST_F(TrainTest, EvalPrintsStatisticsForPeopleAndMachines) {
  TrainToTheEnd(run_dir());
  const Finished machine = Run({"eval", "--run=" + run_dir(), "--episodes=20", "--json"});
  ASSERT_EQ(machine.status, 0) << machine.err;
  const nlohmann::json json = nlohmann::json::parse(machine.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << machine.out;
  EXPECT_EQ(json.at("episodes").get<int>(), 20);
  EXPECT_LE(json.at("min").get<double>(), json.at("median").get<double>());
  EXPECT_LE(json.at("median").get<double>(), json.at("max").get<double>());
  EXPECT_LE(json.at("min").get<double>(), json.at("mean").get<double>());
  EXPECT_LE(json.at("mean").get<double>(), json.at("max").get<double>());
  EXPECT_LE(json.at("std").get<double>(),
            json.at("max").get<double>() - json.at("min").get<double>());

  const Finished people = Run({"eval", "--run=" + run_dir(), "--episodes=20", "--greedy"});
  EXPECT_EQ(people.status, 0) << people.err;
  for (const char* word : {"mean", "median", "min", "max"}) {
    EXPECT_THAT(people.out, HasSubstr(word));
  }
}

}  // namespace
}  // namespace nyala
