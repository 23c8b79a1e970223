#include "common/config/resume_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/config/fields.h"
#include "common/config/override.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RunConfig With(const std::vector<std::string>& overrides) {
  RunConfig config;
  for (const std::string& assignment : overrides) {
    EXPECT_TRUE(ApplyOverride(assignment, &config).ok()) << assignment;
  }
  return config;
}

std::vector<std::string> Described(const RunConfig& before, const RunConfig& after) {
  std::vector<std::string> lines;
  for (const ConfigChange& change : CompareConfigs(before, after)) {
    lines.push_back(DescribeChange(change));
  }
  return lines;
}

TEST(ResumeFields, JudgeEachFieldOfTheConfigurationOnce) {
  std::multiset<std::string> judged;
  for (const ResumeField& field : ResumeFields()) judged.insert(field.path);
  for (const std::string& path : ConfigFieldPaths()) {
    EXPECT_EQ(judged.count(path), 1u) << path << ": judge it in common/config/resume_rules.cc";
  }
  EXPECT_EQ(judged.size(), ConfigFieldPaths().size());
}

TEST(CompareConfigs, NamesWhatDiffersWithBothValues) {
  EXPECT_THAT(Described(With({"limits.frames=1000"}),
                        With({"limits.frames=2000", "optimizer.learning_rate=1e-3",
                              "network.hidden=8", "limits.goal=3"})),
              ElementsAre("network.hidden: 64,64 -> 8 (changes what the parameters mean)",
                          "optimizer.learning_rate: 0.0006 -> 0.001 (changes how it learns from "
                          "here on)",
                          "limits.frames: 1000 -> 2000", "limits.goal: unset -> 3"));
}

// A longer budget that stretched a schedule was said to change nothing, and the field that keeps
// the schedule to change how the run learns.
TEST(CompareConfigs, ABudgetChangesLearningWhereASchedulesEndMoves) {
  const RunConfig before = With({"limits.frames=1000", "optimizer.learning_rate_final=0"});
  RunConfig after = before;
  after.mutable_limits()->set_frames(2000);
  EXPECT_THAT(Described(before, after),
              ElementsAre("limits.frames: 1000 -> 2000 (changes how it learns from here on)"));
  after.mutable_limits()->set_schedule_frames(1000);
  EXPECT_THAT(Described(before, after),
              ElementsAre("limits.frames: 1000 -> 2000", "limits.schedule_frames: 0 -> 1000"));
}

TEST(CompareConfigs, AFieldThatIsUnsetHasItsDefault) {
  EXPECT_THAT(CompareConfigs(RunConfig(), With({"batch.columns=32", "network.activation=tanh"})),
              IsEmpty());
}

TEST(CheckMeaning, RefusesWhatChangesTheFunction) {
  for (const char* change :
       {"network.activation=relu", "policy.min_sigma=0.5", "policy.initial_sigma=2",
        "policy.distribution=mixture", "environment.id=Catch", "network.frame_stack=4",
        "network.normalize_observations=true", "algorithm.name=appo"}) {
    const absl::Status status = CheckMeaning(CompareConfigs(RunConfig(), With({change})));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << change;
    const std::string path = std::string(change).substr(0, std::string(change).find('='));
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path), HasSubstr("--force")));
  }
}

TEST(CheckMeaning, LetsBudgetsRatesAndMachinesChange) {
  EXPECT_TRUE(
      CheckMeaning(CompareConfigs(RunConfig(), With({"limits.frames=9", "optimizer.learning_rate=1",
                                                     "actor.threads=4", "batch.shards=3",
                                                     "network.core_memory=9", "batch.columns=64"})))
          .ok());
}

TEST(CheckMeaning, NamesAllThatItRefusesAndNothingElse) {
  const absl::Status status = CheckMeaning(CompareConfigs(
      RunConfig(), With({"network.activation=relu", "policy.min_sigma=0.5", "limits.frames=7"})));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("network.activation (tanh -> relu)"),
                    HasSubstr("policy.min_sigma (0.01 -> 0.5)"), Not(HasSubstr("limits.frames"))));
}

TEST(DescribeMovedSchedules, SaysARateThatALongerBudgetRaises) {
  const RunConfig before = With(
      {"limits.frames=1000", "optimizer.learning_rate=0.5", "optimizer.learning_rate_final=0"});
  RunConfig after = before;
  after.mutable_limits()->set_frames(4000);
  EXPECT_THAT(
      DescribeMovedSchedules(before, after, 1000),
      ElementsAre("optimizer.learning_rate goes from 0 to 0.375 at this frame because its "
                  "schedule now ends at 4000 frames; --set limits.schedule_frames=1000 keeps "
                  "the old schedule"));
  after.mutable_limits()->set_schedule_frames(1000);
  EXPECT_THAT(DescribeMovedSchedules(before, after, 1000), IsEmpty());
}

TEST(DescribeMovedSchedules, SaysACostOfTheEntropyThatMoves) {
  const RunConfig before =
      With({"limits.frames=1000", "algorithm.entropy_cost=1", "algorithm.entropy_cost_final=0"});
  RunConfig after = before;
  after.mutable_limits()->set_frames(2000);
  EXPECT_THAT(DescribeMovedSchedules(before, after, 500),
              ElementsAre(HasSubstr("algorithm.entropy_cost goes from 0.5 to 0.75")));
}

TEST(DescribeMovedSchedules, ConstantRatesDoNotMove) {
  EXPECT_THAT(
      DescribeMovedSchedules(With({"limits.frames=1000"}), With({"limits.frames=2000"}), 1000),
      IsEmpty());
}

}  // namespace
}  // namespace nyala
