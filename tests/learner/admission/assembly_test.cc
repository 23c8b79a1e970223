#include "learner/admission/assembly.h"

#include <gtest/gtest.h>

#include "common/config/defaults.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {
namespace {

AssemblyOptions OptionsFor(const std::string& algorithm) {
  AssemblyOptions options;
  FillDefaults(&options.config);
  options.config.mutable_algorithm()->set_name(algorithm);
  options.config.mutable_batch()->set_columns(4);
  options.unroll = AdmittedSpec(0);
  options.session_frames = 50;
  return options;
}

// Whether the first unroll of a version-7 run is accepted, and how wide the batch then is.
int64_t WidthAfterOneUnroll(const AssemblyOptions& options) {
  const auto made = MakeAssembly(options);
  EXPECT_TRUE(made.ok()) << made.status();
  made->assembler->AddMember({0, 0, 2});
  Unroll unroll = AdmittedUnroll(2, 1, 0, 0, 7);
  unroll.flags = {1, 1, 0, 0, 2, 2};  // one session of three frames in each column
  for (int i = 0; i < 2; ++i) {
    unroll.id.sequence = i + 1;
    // Some need no second one, and take none of the same version.
    const bool admitted = made->assembler->Admit(unroll.view(), 7).ok();
    EXPECT_TRUE(i > 0 || admitted);
  }
  return made->assembler->NextFull()->columns();
}

TEST(Assembly, FollowsTheUpdateRule) {
  for (const char* algorithm : {"impala", "appo", "a2c", "reinforce", "cem"}) {
    AssemblyOptions options = OptionsFor(algorithm);
    options.version = 7;
    const bool takes_turns = algorithm[0] != 'i' && std::string(algorithm) != "appo";
    EXPECT_EQ(WidthAfterOneUnroll(options), takes_turns ? 2 : 4) << algorithm;
    EXPECT_EQ(MakeAssembly(options)->replay, nullptr);
  }
}

TEST(Assembly, SessionsTakeTheRunsQuotaAndLimit) {
  AssemblyOptions options = OptionsFor("reinforce");
  options.version = 7;
  options.config.mutable_batch()->set_sessions_per_column(2);
  EXPECT_EQ(WidthAfterOneUnroll(options), 2);
  options.session_frames = 2;
  const auto made = MakeAssembly(options);
  made->assembler->AddMember({0, 0, 1});
  Unroll unroll = AdmittedUnroll(1, 1, 0, 0, 7);
  unroll.flags = {1, 0, 2};
  EXPECT_TRUE(absl::IsInvalidArgument(made->assembler->Admit(unroll.view(), 7).status()));
}

TEST(Assembly, ReplayIsMadeAndRestoredAsTheConfigSays) {
  AssemblyOptions options = OptionsFor("impala");
  options.config.mutable_batch()->set_replay_fraction(0.5);
  options.config.mutable_batch()->set_replay_columns(10);
  auto made = MakeAssembly(options);
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_NE(made->replay, nullptr);
  ASSERT_TRUE(made->assembler->Admit(AdmittedUnroll(4, 1).view(), 1).ok());
  ASSERT_NE(made->assembler->NextFull(), nullptr);
  EXPECT_EQ(made->replay->columns(), 4);
  options.replay = *Collect(made->replay->Snapshot());
  EXPECT_EQ(MakeAssembly(options)->replay->columns(), 0);  // not asked for
  options.config.mutable_checkpoint()->set_replay(true);
  EXPECT_EQ(MakeAssembly(options)->replay->columns(), 4);
  options.unroll.T = 9;
  EXPECT_TRUE(absl::IsFailedPrecondition(MakeAssembly(options).status()));
}

TEST(UsualColumns, AreTheBatchsOrTheMembers) {
  RunConfig config = OptionsFor("impala").config;
  EXPECT_EQ(UsualColumns(config, 0), 4);
  config.mutable_actor()->set_actors(3);
  config.mutable_actor()->set_envs_per_thread(8);
  config.mutable_algorithm()->set_name("a2c");
  EXPECT_EQ(UsualColumns(config, 0), 24);
  config.mutable_algorithm()->set_name("cem");
  config.mutable_batch()->set_sessions_per_column(2);
  EXPECT_EQ(UsualColumns(config, 41), 24 * 2 * 3);  // of 20 rows each
}

}  // namespace
}  // namespace nyala
