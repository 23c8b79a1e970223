#include "common/config/validate_pairs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/config/defaults.h"
#include "common/config/override.h"
#include "common/config/validate.h"

namespace nyala {
namespace {

absl::Status After(const std::vector<std::string>& assignments) {
  RunConfig config;
  FillDefaults(&config);
  for (const std::string& assignment : assignments) {
    const absl::Status applied = ApplyOverride(assignment, &config);
    EXPECT_TRUE(applied.ok()) << applied;
  }
  return Validate(config);
}

std::string ErrorAfter(const std::vector<std::string>& assignments) {
  const absl::Status status = After(assignments);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(ValidatePairs, ReplayIsForAsynchronousAlgorithms) {
  for (const std::string name : {"impala", "appo"}) {
    EXPECT_EQ(After({"algorithm.name=" + name, "batch.replay_fraction=0.5"}), absl::OkStatus());
  }
  EXPECT_EQ(ErrorAfter({"algorithm.name=a2c", "batch.replay_fraction=0.5"}),
            "batch.replay_fraction is 0.5 but algorithm.name is a2c, which learns from the newest "
            "policy only; set batch.replay_fraction=0, or algorithm.name=impala or appo");
  for (const std::string name : {"a3c", "reinforce", "cem"}) {
    EXPECT_NE(ErrorAfter({"algorithm.name=" + name, "batch.replay_fraction=0.5"}).find(name),
              std::string::npos);
  }
}

TEST(ValidatePairs, ReplayLeavesANewColumn) {
  EXPECT_EQ(After({"batch.columns=10", "batch.replay_fraction=0.9"}), absl::OkStatus());
  EXPECT_EQ(
      ErrorAfter({"batch.columns=9", "batch.replay_fraction=0.9"}),
      "batch.replay_fraction is 0.9 but batch.columns is 9, which leaves no new column; lower "
      "batch.replay_fraction or raise batch.columns");
}

TEST(ValidatePairs, ACheckpointOfReplayNeedsReplay) {
  EXPECT_EQ(After({"checkpoint.replay=true", "batch.replay_fraction=0.5"}), absl::OkStatus());
  EXPECT_EQ(ErrorAfter({"checkpoint.replay=true"}),
            "checkpoint.replay is true but batch.replay_fraction is 0: there is nothing to keep; "
            "set checkpoint.replay=false, or batch.replay_fraction above 0");
}

TEST(ValidatePairs, MinibatchesDivideTheColumns) {
  // Where they are of columns, and these are always as many.
  EXPECT_EQ(
      After({"algorithm.name=appo", "algorithm.minibatches=5", "algorithm.shuffle_frames=true"}),
      absl::OkStatus());
  EXPECT_EQ(After({"algorithm.name=ppo", "algorithm.minibatches=5"}), absl::OkStatus());
  EXPECT_EQ(After({"algorithm.name=appo", "algorithm.minibatches=4"}), absl::OkStatus());
  EXPECT_EQ(
      ErrorAfter({"algorithm.name=appo", "algorithm.minibatches=5"}),
      "algorithm.minibatches is 5 but batch.columns is 32; set batch.columns to a multiple of "
      "algorithm.minibatches, or algorithm.shuffle_frames=true");
}

TEST(ValidatePairs, ActorsThatComputeGradientsDoNotKnowTheRewardsStatistics) {
  EXPECT_EQ(After({"algorithm.name=a2c", "algorithm.normalize_rewards=true"}), absl::OkStatus());
  EXPECT_EQ(ErrorAfter({"algorithm.name=a3c", "algorithm.normalize_rewards=true"}),
            "algorithm.normalize_rewards is true but algorithm.name is a3c, whose actors compute "
            "gradients without the learner's statistics; set algorithm.normalize_rewards=false and "
            "algorithm.reward_scale instead");
}

TEST(ValidatePairs, SessionsAreToldApartByTheDiscount) {
  EXPECT_EQ(After({"algorithm.name=cem", "algorithm.discount=0", "algorithm.elite_frames=true"}),
            absl::OkStatus());
  EXPECT_EQ(
      ErrorAfter({"algorithm.name=cem", "algorithm.discount=0"}),
      "algorithm.discount is 0 but algorithm.name is cem, which takes sums without a discount "
      "and tells sessions apart by it; set algorithm.discount=1");
}

TEST(ValidatePairs, AFieldOfAnotherAlgorithmIsAMistake) {
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"algorithm.correction=none", "impala"},
      {"algorithm.baseline=average", "reinforce"},
      {"algorithm.elite_frames=true", "cem"},
      {"algorithm.epochs=2", "appo"},
      {"algorithm.minibatches=2", "appo"},
      {"algorithm.target_period=2", "appo"},
      {"algorithm.normalize_advantages=true", "appo"},
      {"algorithm.shuffle_frames=true", "appo"},
  };
  for (const auto& [assignment, owner] : fields) {
    EXPECT_EQ(After({assignment, "algorithm.name=" + owner}), absl::OkStatus()) << assignment;
    for (const std::string name : {"impala", "appo", "a3c", "a2c", "reinforce", "cem"}) {
      if (name == owner) continue;
      const std::string error = ErrorAfter({assignment, "algorithm.name=" + name});
      EXPECT_NE(error.find("algorithm.name is " + name), std::string::npos) << error;
      EXPECT_NE(error.find("or algorithm.name=" + owner), std::string::npos) << error;
    }
    // Somebody's own algorithm may read what it likes.
    EXPECT_EQ(After({assignment, "algorithm.name=mine"}), absl::OkStatus()) << assignment;
  }
  for (const std::string field :
       {"epochs=2", "minibatches=2", "normalize_advantages=true", "shuffle_frames=true"}) {
    EXPECT_EQ(After({"algorithm." + field, "algorithm.name=ppo"}), absl::OkStatus()) << field;
  }
  EXPECT_NE(After({"algorithm.target_period=2", "algorithm.name=ppo"}), absl::OkStatus());
  EXPECT_EQ(ErrorAfter({"algorithm.epochs=3"}),
            "algorithm.epochs is 3 but algorithm.name is impala, which does not use it; set "
            "algorithm.epochs=1, or algorithm.name=appo or ppo");
}

}  // namespace
}  // namespace nyala
