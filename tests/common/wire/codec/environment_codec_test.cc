#include "common/wire/codec/environment_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/codec/environment_bytes.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

EnvSpec Arm() {
  EnvSpec spec;
  spec.id = "Arm-v0";
  spec.observation = {DType::kUint8, {3, 64, 48}, 0.5};
  spec.action.kind = ActionSpec::Kind::kContinuous;
  spec.action.n = 2;
  spec.action.low = {-1, -std::numeric_limits<float>::infinity()};
  spec.action.high = {1, 7};
  spec.max_episode_steps = 900;
  spec.action_repeat = 4;
  spec.solved_return = -3.5;
  spec.description = "reach";
  return spec;
}

EnvSpec Dials() {
  EnvSpec spec;
  spec.id = "Dials";
  spec.observation = {DType::kInt32, {}};
  spec.action.kind = ActionSpec::Kind::kMultiDiscrete;
  spec.action.n = 2;
  spec.action.choices = {3, 5};
  return spec;
}

void ExpectSame(const EnvSpec& a, const EnvSpec& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.observation.dtype, b.observation.dtype);
  EXPECT_EQ(a.observation.shape, b.observation.shape);
  EXPECT_EQ(a.observation.byte_scale, b.observation.byte_scale);
  EXPECT_EQ(a.action.kind, b.action.kind);
  EXPECT_EQ(a.action.n, b.action.n);
  EXPECT_EQ(a.action.low, b.action.low);
  EXPECT_EQ(a.action.high, b.action.high);
  EXPECT_EQ(a.action.choices, b.action.choices);
  EXPECT_EQ(a.max_episode_steps, b.max_episode_steps);
  EXPECT_EQ(a.action_repeat, b.action_repeat);
  EXPECT_EQ(std::isnan(a.solved_return), std::isnan(b.solved_return));
  EXPECT_EQ(a.description, b.description);
}

TEST(EnvironmentCodec, RoundTrip) {
  EnvSpec bits = Dials();
  bits.action = ActionSpec();
  bits.action.kind = ActionSpec::Kind::kMultiBinary;
  for (const EnvSpec& spec : {Arm(), Dials(), bits, EnvSpec()}) {
    const auto decoded = DecodeEnvSpec(EncodeEnvSpec(spec));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ExpectSame(*decoded, spec);
  }
  EXPECT_EQ(DecodeEnvSpec(EncodeEnvSpec(Arm()))->solved_return, -3.5);
}

TEST(EnvironmentCodec, WhatIsLeftOutIsTheUsual) {
  wire::EnvironmentSpec message;
  message.mutable_observation()->set_type(wire::ObservationSpec::UINT8);
  message.mutable_action()->set_kind(wire::ActionSpaceSpec::DISCRETE);
  message.mutable_action()->set_n(4);
  const auto spec = DecodeEnvSpec(message);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->observation.byte_scale, TensorSpec().byte_scale);
  EXPECT_EQ(spec->action_repeat, 1);
  EXPECT_TRUE(std::isnan(spec->solved_return));
}

TEST(EnvironmentCodec, EveryFieldThatCannotBeIsNamed) {
  using Spoil = std::function<void(wire::EnvironmentSpec*)>;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::pair<std::string, Spoil>> cases = {
      {"observation.type", [](auto* m) { m->clear_observation(); }},
      {"observation.type",
       [](auto* m) {
         m->mutable_observation()->set_type(static_cast<wire::ObservationSpec::Type>(9));
       }},
      {"observation.shape", [](auto* m) { m->mutable_observation()->set_shape(1, 0); }},
      {"observation.shape", [](auto* m) { m->mutable_observation()->set_shape(1, -5); }},
      {"observation.shape",
       [](auto* m) {
         m->mutable_observation()->set_shape(0, int64_t{1} << 62);
         m->mutable_observation()->set_shape(1, int64_t{1} << 62);
       }},
      {"observation.byte_scale", [=](auto* m) { m->mutable_observation()->set_byte_scale(nan); }},
      {"observation.byte_scale", [](auto* m) { m->mutable_observation()->set_byte_scale(-1); }},
      {"action.kind", [](auto* m) { m->mutable_action()->clear_kind(); }},
      {"action.n", [](auto* m) { m->mutable_action()->set_n(0); }},
      {"action.n", [](auto* m) { m->mutable_action()->set_n(int64_t{1} << 40); }},
      {"action.low", [](auto* m) { m->mutable_action()->clear_low(); }},
      {"action.low", [=](auto* m) { m->mutable_action()->set_low(0, nan); }},
      {"action.low", [](auto* m) { m->mutable_action()->set_low(0, 2); }},
      {"action.high", [](auto* m) { m->mutable_action()->add_high(2); }},
      {"action.choices", [](auto* m) { m->mutable_action()->add_choices(2); }},
      {"action.choices",
       [](auto* m) {
         *m = EncodeEnvSpec(Dials());
         m->mutable_action()->set_choices(1, 1);
       }},
      {"max_episode_steps", [](auto* m) { m->set_max_episode_steps(-1); }},
      {"action_repeat", [](auto* m) { m->set_action_repeat(-2); }},
  };
  for (const auto& [field, spoil] : cases) {
    wire::EnvironmentSpec message = EncodeEnvSpec(Arm());
    spoil(&message);
    const absl::Status status = DecodeEnvSpec(message).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << field;
    EXPECT_THAT(std::string(status.message()), HasSubstr("'" + field + "'"));
  }
}

TEST(EnvironmentBytes, CarryASpecOrAnError) {
  const auto spec = EnvSpecFromBytes(EnvSpecToBytes(Arm()));
  ASSERT_TRUE(spec.ok()) << spec.status();
  ExpectSame(*spec, Arm());
  const absl::Status error = absl::NotFoundError("no ROM named pong");
  EXPECT_EQ(EnvSpecFromBytes(EnvSpecToBytes(error)).status(), error);
}

TEST(EnvironmentBytes, OfAnythingElseAreRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(EnvSpecFromBytes("").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(EnvSpecFromBytes(std::string("\0\xff", 2)).status()));
  const std::string whole = EnvSpecToBytes(Arm());
  EXPECT_FALSE(EnvSpecFromBytes(whole.substr(0, whole.size() / 2)).ok());
}

}  // namespace
}  // namespace nyala
