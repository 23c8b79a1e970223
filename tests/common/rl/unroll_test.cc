#include "common/rl/unroll.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/random_unroll.h"
#include "tests/support/unroll_mutations.h"

namespace nyala {
namespace {

using testing::HasSubstr;

UnrollSpec Spec() {
  UnrollSpec spec;
  spec.T = 8;
  spec.E = 4;
  spec.observation = {DType::kFloat32, {3, 2}};
  spec.action.n = 3;
  spec.state_size = 5;
  return spec;
}

TEST(Unroll, SizesFollowFromTheSpec) {
  const UnrollSpec spec = Spec();
  const Unroll unroll(spec);
  EXPECT_EQ(unroll.observations.size(), 9u * 4 * 6 * 4);
  EXPECT_EQ(unroll.actions.size(), 8u * 4 * 4);
  EXPECT_EQ(unroll.log_mu.size(), 32u);
  EXPECT_EQ(unroll.initial_state.size(), 20u);
  EXPECT_EQ(spec.bytes(), 864 + 128 + 32 * 9 + 80);
}

TEST(ValidateUnroll, TakesWhatEnvironmentsProduce) {
  UnrollSpec spec = Spec();
  for (uint64_t seed = 0; seed < 200; ++seed) {
    spec.E = static_cast<int64_t>(1 + seed % 6);
    const absl::Status status = ValidateUnroll(RandomUnroll(spec, seed).view(), Spec());
    EXPECT_TRUE(status.ok()) << seed << ": " << status;
  }
}

TEST(ValidateUnroll, TakesContinuousActionsAndBytes) {
  UnrollSpec spec = Spec();
  spec.observation = {DType::kUint8, {4}};
  spec.action.kind = ActionSpec::Kind::kContinuous;
  spec.action.n = 2;
  spec.state_size = 0;
  EXPECT_TRUE(ValidateUnroll(RandomUnroll(spec, 1).view(), spec).ok());
  Unroll unroll = RandomUnroll(spec, 1);
  reinterpret_cast<float*>(unroll.actions.data())[3] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(std::string(ValidateUnroll(unroll.view(), spec).message()), HasSubstr("'actions'"));
}

TEST(ValidateUnroll, NamesTheSpoiltField) {
  for (const UnrollMutation& mutation : PayloadMutations()) {
    SCOPED_TRACE(mutation.what);
    Unroll unroll = RandomUnroll(Spec(), 7, {0.2, 0.2});
    ASSERT_FALSE(unroll.episodes.empty());
    mutation.spoil(unroll);
    UnrollView view = unroll.view();
    mutation.spoil_view(view);
    const absl::Status status = ValidateUnroll(view, Spec());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("'" + mutation.field + "'"));
  }
}

}  // namespace
}  // namespace nyala
