#include "common/rl/unroll.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_format.h"
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

UnrollSpec MultiSpec(ActionSpec::Kind kind) {
  UnrollSpec spec = Spec();
  spec.action.kind = kind;
  spec.action.n = 3;
  if (kind == ActionSpec::Kind::kMultiDiscrete) spec.action.choices = {3, 4, 5};
  return spec;
}

TEST(ValidateUnroll, EachElementOfAMultiActionHasItsOwnRange) {
  for (const auto kind : {ActionSpec::Kind::kMultiDiscrete, ActionSpec::Kind::kMultiBinary}) {
    const UnrollSpec spec = MultiSpec(kind);
    for (uint64_t seed = 0; seed < 50; ++seed) {
      const absl::Status status = ValidateUnroll(RandomUnroll(spec, seed).view(), spec);
      ASSERT_TRUE(status.ok()) << status;
    }
    const auto last = static_cast<int64_t>(spec.rows() * spec.action.n) - 1;
    for (const int64_t at : {int64_t{0}, int64_t{4}, last}) {
      for (const int64_t bad : {int64_t{-1}, spec.action.values(at % 3)}) {
        Unroll unroll = RandomUnroll(spec, 1);
        reinterpret_cast<int32_t*>(unroll.actions.data())[at] = static_cast<int32_t>(bad);
        EXPECT_EQ(ValidateUnroll(unroll.view(), spec).message(),
                  absl::StrFormat("unroll field 'actions': element %d is %d, outside [0, %d)", at,
                                  bad, spec.action.values(at % 3)));
      }
    }
  }
}

TEST(ValidateUnroll, TakesTheHighestChoiceOfEachElement) {
  const UnrollSpec spec = MultiSpec(ActionSpec::Kind::kMultiDiscrete);
  Unroll unroll = RandomUnroll(spec, 1);
  auto* actions = reinterpret_cast<int32_t*>(unroll.actions.data());
  for (int64_t i = 0; i < 3; ++i) actions[i] = static_cast<int32_t>(spec.action.choices[i] - 1);
  EXPECT_TRUE(ValidateUnroll(unroll.view(), spec).ok());
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
    EXPECT_EQ(status.code(), mutation.untrainable ? absl::StatusCode::kOutOfRange
                                                  : absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("'" + mutation.field + "'"));
  }
}

class GradientTest : public testing::Test {
 protected:
  GradientTest() {
    view_.gradient = gradient_;
    view_.facts.layout = 5;
    view_.facts.frames = 10;
  }
  absl::Status Validate() const { return ValidateGradient(view_, 5, 3, 3); }
  void ExpectRefused(const std::string& field) const {
    const absl::Status status = Validate();
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.message().find("'" + field + "'"), std::string::npos) << status;
  }

  std::vector<float> gradient_ = {1, 2, 3};
  std::vector<EpisodeResult> episodes_;
  UnrollView view_;
};

TEST_F(GradientTest, AFiniteOneOfTheRunsNetworkIsValid) {
  EXPECT_TRUE(Validate().ok()) << Validate();
  EXPECT_FALSE(ValidateUnroll(view_, UnrollSpec()).ok());
}

TEST_F(GradientTest, WhatIsAbsentOrOfAnotherNetworkIsRefused) {
  EXPECT_EQ(ValidateGradient(view_, 6, 3, 3).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ValidateGradient(view_, 5, 4, 4).code(), absl::StatusCode::kFailedPrecondition);
  view_.gradient = {};
  ExpectRefused("gradient");
}

TEST_F(GradientTest, WhatIsNotFiniteIsRefused) {
  gradient_[1] = std::numeric_limits<float>::quiet_NaN();
  ExpectRefused("gradient");
  gradient_[1] = 0;
  view_.facts.entropy = std::numeric_limits<double>::infinity();
  ExpectRefused("gradient_facts");
}

TEST_F(GradientTest, WhatWouldNotStayFiniteIsRefused) {
  gradient_ = {1e20f, 0, 0};
  view_.gradient = gradient_;
  ExpectRefused("gradient");
  // One parameter, a mean, a sum of squares.
  const auto with_moments = [&](float mean, float sum_squares) {
    gradient_ = {1, mean, sum_squares};
    view_.gradient = gradient_;
    return ValidateGradient(view_, 5, 1, 3);
  };
  EXPECT_TRUE(with_moments(-3, 4).ok());
  EXPECT_FALSE(with_moments(-3, -4).ok());
  EXPECT_FALSE(with_moments(3e38f, 4).ok());
  EXPECT_FALSE(with_moments(-3, 3e38f).ok());
}

TEST_F(GradientTest, ImpossibleCountsAreRefused) {
  view_.facts.frames = 0;
  ExpectRefused("gradient_facts");
  view_.facts.frames = uint64_t{1} << 40;
  ExpectRefused("gradient_facts");
  view_.facts.frames = 1;
  episodes_.assign(2, {1.0, 1, false});
  view_.episodes = episodes_;
  ExpectRefused("episodes");
  view_.episodes = {};
  view_.waiting_fraction = 2;
  ExpectRefused("waiting_fraction");
}

}  // namespace
}  // namespace nyala
