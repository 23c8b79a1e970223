#include "common/config/validate.h"

#include <gtest/gtest.h>

#include <string>

#include "common/config/defaults.h"
#include "common/config/override.h"

namespace nyala {
namespace {

std::string ErrorAfter(const std::string& assignment) {
  RunConfig config;
  FillDefaults(&config);
  const absl::Status applied = ApplyOverride(assignment, &config);
  EXPECT_TRUE(applied.ok()) << applied;
  const absl::Status status = Validate(config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << assignment;
  return std::string(status.message());
}

TEST(Validate, DefaultsAreValid) {
  RunConfig config;
  EXPECT_TRUE(Validate(config).ok()) << Validate(config);
  FillDefaults(&config);
  EXPECT_TRUE(Validate(config).ok()) << Validate(config);
}

TEST(Validate, NamesTheFieldItsValueAndItsRange) {
  EXPECT_EQ(ErrorAfter("algorithm.discount=1.5"),
            "algorithm.discount is 1.5; it must be in [0, 1]");
  EXPECT_EQ(ErrorAfter("algorithm.rho_bar=0"),
            "algorithm.rho_bar is 0; it must be finite and greater than 0");
  EXPECT_EQ(ErrorAfter("optimizer.decay=1"), "optimizer.decay is 1; it must be in [0, 1)");
  EXPECT_EQ(ErrorAfter("network.hidden=64,0"), "network.hidden is 0; it must be in [1, 65536]");
  EXPECT_EQ(ErrorAfter("batch.slabs=1"), "batch.slabs is 1; it must be in [2, 64]");
  EXPECT_EQ(ErrorAfter("batch.replay_fraction=1"),
            "batch.replay_fraction is 1; it must be in [0, 1)");
  EXPECT_EQ(ErrorAfter("algorithm.elite_quantile=1"),
            "algorithm.elite_quantile is 1; it must be in [0, 1)");
  EXPECT_EQ(ErrorAfter("algorithm.average_decay=1"),
            "algorithm.average_decay is 1; it must be in [0, 1)");
  EXPECT_EQ(ErrorAfter("algorithm.clip_ratio=0"),
            "algorithm.clip_ratio is 0; it must be finite and greater than 0");
  EXPECT_EQ(ErrorAfter("limits.goal=inf"), "limits.goal is inf; it must be finite");
  EXPECT_EQ(ErrorAfter("environment.step_wait_seconds=-0.001"),
            "environment.step_wait_seconds is -0.001; it must be in [0, 3600]");
}

TEST(Validate, PolicySettings) {
  EXPECT_EQ(ErrorAfter("policy.mixture_components=0"),
            "policy.mixture_components is 0; it must be in [1, 64]");
  EXPECT_EQ(ErrorAfter("policy.mixture_components=65"),
            "policy.mixture_components is 65; it must be in [1, 64]");
  EXPECT_EQ(ErrorAfter("policy.initial_sigma=0"),
            "policy.initial_sigma is 0; it must be in [1e-06, 1000000]");
  EXPECT_EQ(ErrorAfter("policy.min_sigma=nan"),
            "policy.min_sigma is nan; it must be in [1e-06, 1000000]");
  EXPECT_EQ(ErrorAfter("policy.min_sigma=2"),
            "policy.min_sigma is 2 but policy.initial_sigma is 1; set policy.min_sigma to that or "
            "less");
  EXPECT_EQ(ErrorAfter("policy.log_sigma=stat"),
            "policy.log_sigma: unknown log sigma 'stat'; did you mean 'state'?");
  RunConfig config;
  config.mutable_policy()->set_min_sigma(1);
  config.mutable_policy()->set_log_sigma("state");
  EXPECT_TRUE(Validate(config).ok()) << Validate(config);
}

TEST(Validate, EveryRangeRefusesWhatIsNotANumber) {
  for (const char* path : {"algorithm.discount", "optimizer.learning_rate", "optimizer.epsilon",
                           "algorithm.reward_scale", "metrics.interval_seconds", "limits.seconds",
                           "transport.keepalive_seconds", "environment.step_wait_seconds"}) {
    EXPECT_NE(ErrorAfter(std::string(path) + "=nan").find(path), std::string::npos);
    EXPECT_NE(ErrorAfter(std::string(path) + "=inf").find(path), std::string::npos);
  }
}

TEST(Validate, OutOfRangeWholeNumbersAreRefused) {
  for (const char* assignment : {"algorithm.n_step=-1",
                                 "batch.unroll_length=0",
                                 "batch.columns=0",
                                 "batch.shards=-1",
                                 "batch.tile_rows=0",
                                 "batch.max_policy_lag=-1",
                                 "actor.actors=-1",
                                 "actor.threads=0",
                                 "actor.envs_per_thread=0",
                                 "actor.window=0",
                                 "checkpoint.keep=0",
                                 "transport.max_message_bytes=100",
                                 "network.channels=0",
                                 "algorithm.epochs=0",
                                 "algorithm.minibatches=0",
                                 "algorithm.target_period=0",
                                 "network.core_size=0",
                                 "network.core_layers=0",
                                 "network.frame_stack=0",
                                 "batch.sessions_per_column=0",
                                 "batch.max_session_frames=-1",
                                 "batch.replay_columns=0"}) {
    const std::string path(assignment, std::string(assignment).find('='));
    EXPECT_EQ(ErrorAfter(assignment).find(path + " is "), 0u) << assignment;
  }
}

TEST(Validate, NStepMustFitTheUnroll) {
  EXPECT_EQ(ErrorAfter("algorithm.n_step=21"),
            "algorithm.n_step is 21 but batch.unroll_length is 20; set batch.unroll_length=21 or "
            "more, or algorithm.n_step=0 (whole unroll)");
}

TEST(Validate, ScheduleNeedsABudget) {
  EXPECT_EQ(ErrorAfter("optimizer.learning_rate_final=0"),
            "optimizer.learning_rate_final is reached at limits.frames, which is 0; set "
            "limits.frames (--frames=N) or limits.schedule_frames");
  EXPECT_NE(ErrorAfter("algorithm.entropy_cost_final=0").find("--frames=N"), std::string::npos);
  RunConfig config;
  config.mutable_limits()->set_schedule_frames(1000);
  config.mutable_optimizer()->set_learning_rate_final(0);
  EXPECT_TRUE(Validate(config).ok());
}

TEST(Validate, DevicesAndOtherNames) {
  EXPECT_EQ(ErrorAfter("device=gpu"), "device is 'gpu'; it must be cpu, cuda or cuda:N");
  EXPECT_EQ(ErrorAfter("device=cuda:x"), "device is 'cuda:x'; it must be cpu, cuda or cuda:N");
  EXPECT_EQ(ErrorAfter("network.activation=tahn"),
            "network.activation: unknown activation 'tahn'; did you mean 'tanh'?");
  EXPECT_EQ(ErrorAfter("network.core=lstn"),
            "network.core: unknown core 'lstn'; did you mean 'lstm'?");
  EXPECT_EQ(ErrorAfter("algorithm.correction=vtrac"),
            "algorithm.correction: unknown correction 'vtrac'; did you mean 'vtrace'?");
  EXPECT_EQ(ErrorAfter("algorithm.baseline=valu"),
            "algorithm.baseline: unknown baseline 'valu'; did you mean 'value'?");
  RunConfig config;
  config.set_device("cuda:1");
  EXPECT_TRUE(Validate(config).ok());
}

}  // namespace
}  // namespace nyala
