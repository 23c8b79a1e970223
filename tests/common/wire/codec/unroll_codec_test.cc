#include "common/wire/codec/unroll_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "common/wire/codec/codec.h"
#include "nyala/learner.pb.h"
#include "tests/common/wire/fake_endpoint.h"

namespace nyala {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using wire::TensorMessage;
using wire::UnrollMessage;

UnrollMessage MessageOf(const Unroll& unroll) {
  grpc::ByteBuffer bytes = EncodeUnroll(unroll.view());
  UnrollMessage message;
  EXPECT_TRUE(FromBytes(&bytes, &message));
  return message;
}

void ExpectSame(const UnrollView& got, const UnrollView& wanted) {
  EXPECT_EQ(got.id.actor, wanted.id.actor);
  EXPECT_EQ(got.id.thread, wanted.id.thread);
  EXPECT_EQ(got.id.sequence, wanted.id.sequence);
  EXPECT_EQ(got.incarnation, wanted.incarnation);
  EXPECT_EQ(got.policy_version, wanted.policy_version);
  EXPECT_EQ(got.T, wanted.T);
  EXPECT_EQ(got.E, wanted.E);
  EXPECT_EQ(got.observation_dtype, wanted.observation_dtype);
  EXPECT_EQ(got.observation_shape, wanted.observation_shape);
  EXPECT_EQ(got.action_dtype, wanted.action_dtype);
  EXPECT_EQ(got.observations, wanted.observations);
  EXPECT_EQ(got.actions, wanted.actions);
  EXPECT_EQ(got.log_mu, wanted.log_mu);
  EXPECT_EQ(got.rewards, wanted.rewards);
  EXPECT_EQ(got.flags, wanted.flags);
  EXPECT_EQ(got.initial_state, wanted.initial_state);
  EXPECT_EQ(got.resume_state, wanted.resume_state);
  EXPECT_EQ(got.waiting_fraction, wanted.waiting_fraction);
  ASSERT_EQ(got.episodes.size(), wanted.episodes.size());
  for (size_t i = 0; i < wanted.episodes.size(); ++i) {
    EXPECT_EQ(got.episodes[i].episode_return, wanted.episodes[i].episode_return);
    EXPECT_EQ(got.episodes[i].length, wanted.episodes[i].length);
    EXPECT_EQ(got.episodes[i].truncated, wanted.episodes[i].truncated);
  }
}

void ExpectRoundTrip(const Unroll& unroll, UnrollDecoder* decoder) {
  grpc::ByteBuffer bytes = EncodeUnroll(unroll.view());
  const auto decoded = decoder->Decode(&bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ExpectSame(*decoded, unroll.view());
}

TEST(UnrollCodecTest, RoundTripKeepsEveryField) {
  UnrollDecoder decoder;
  ExpectRoundTrip(TestUnroll(TestSpec()), &decoder);
}

TEST(UnrollCodecTest, RoundTripOfContinuousActionsAndImagesWithoutState) {
  UnrollSpec spec = TestSpec(5, 3, 0);
  spec.observation = {DType::kUint8, {4, 6, 6}};
  spec.action = {ActionSpec::Kind::kContinuous, 2, {-1, -1}, {1, 1}, {}};
  UnrollDecoder decoder;
  ExpectRoundTrip(TestUnroll(spec), &decoder);
}

TEST(UnrollCodecTest, RoundTripOfMultiDiscreteAndMultiBinaryActions) {
  UnrollSpec spec = TestSpec(5, 3, 0);
  UnrollDecoder decoder;
  spec.action = {ActionSpec::Kind::kMultiDiscrete, 3, {}, {}, {3, 4, 5}};
  ExpectRoundTrip(TestUnroll(spec), &decoder);
  EXPECT_THAT(MessageOf(TestUnroll(spec)).actions().shape(), ElementsAreArray({5, 3, 3}));
  spec.action = {ActionSpec::Kind::kMultiBinary, 6, {}, {}, {}};
  ExpectRoundTrip(TestUnroll(spec), &decoder);
  EXPECT_THAT(MessageOf(TestUnroll(spec)).actions().shape(), ElementsAreArray({5, 3, 6}));
  // As if it were one choice.
  spec.action = {ActionSpec::Kind::kMultiBinary, 1, {}, {}, {}};
  ExpectRoundTrip(TestUnroll(spec), &decoder);
}

TEST(UnrollCodecTest, RoundTripOfAOneElementContinuousAction) {
  UnrollSpec spec = TestSpec(1, 1, 0);
  spec.observation = {DType::kInt32, {}};
  spec.action = {ActionSpec::Kind::kContinuous, 1, {-1}, {1}, {}};
  UnrollDecoder decoder;
  ExpectRoundTrip(TestUnroll(spec), &decoder);
}

TEST(UnrollCodecTest, AGradientTravelsInPlaceOfTheRows) {
  Unroll unroll = TestUnroll(TestSpec());
  unroll.gradient = {1.5f, -2.0f, 0.25f};
  unroll.facts = {0x123456789abcdef0, 6, 1.0, 2.0, 3.0, 4.0};
  grpc::ByteBuffer bytes = EncodeUnroll(unroll.view());
  UnrollDecoder decoder;
  ExpectRoundTrip(TestUnroll(TestSpec()), &decoder);
  const auto decoded = decoder.Decode(&bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->gradient, absl::MakeConstSpan(unroll.gradient));
  EXPECT_EQ(decoded->facts.layout, unroll.facts.layout);
  EXPECT_EQ(decoded->facts.frames, 6u);
  EXPECT_EQ(decoded->facts.policy_loss, 1.0);
  EXPECT_EQ(decoded->facts.baseline_loss, 2.0);
  EXPECT_EQ(decoded->facts.entropy, 3.0);
  EXPECT_EQ(decoded->facts.total_loss, 4.0);
  EXPECT_EQ(decoded->episodes.size(), unroll.episodes.size());
  EXPECT_EQ(decoded->policy_version, unroll.policy_version);
  EXPECT_TRUE(decoded->observations.empty());
  ExpectRoundTrip(TestUnroll(TestSpec()), &decoder);
}

TEST(UnrollCodecTest, AGradientOfAnotherDTypeOrShapeIsNamed) {
  UnrollMessage message;
  message.set_sequence(1);
  message.mutable_gradient_facts()->set_frames(1);
  grpc::ByteBuffer absent = ToBytes(message);
  UnrollDecoder decoder;
  EXPECT_THAT(decoder.Decode(&absent).status().message(), HasSubstr("'gradient'"));
  message.mutable_gradient()->set_dtype(wire::DTYPE_FLOAT32);
  message.mutable_gradient()->add_shape(2);
  message.mutable_gradient()->set_data(std::string(12, 0));
  grpc::ByteBuffer too_long = ToBytes(message);
  EXPECT_THAT(decoder.Decode(&too_long).status().message(), HasSubstr("'gradient'"));
}

TEST(UnrollCodecTest, ADecoderKeepsNothingOfTheUnrollBefore) {
  UnrollDecoder decoder;
  ExpectRoundTrip(TestUnroll(TestSpec(20, 8, 16)), &decoder);
  Unroll plain(TestSpec(2, 1, 0));
  plain.id.sequence = 1;
  ExpectRoundTrip(plain, &decoder);
  UnrollMessage empty;
  empty.set_sequence(1);
  grpc::ByteBuffer bytes = ToBytes(empty);
  EXPECT_THAT(decoder.Decode(&bytes).status().message(), HasSubstr("'observations'"));
}

TEST(UnrollCodecTest, TheBytesAreThoseOfTheProtobufMessage) {
  const Unroll unroll = TestUnroll(TestSpec());
  const UnrollMessage message = MessageOf(unroll);
  EXPECT_THAT(message.observations().shape(), ElementsAreArray({4, 2, 3}));
  EXPECT_THAT(message.actions().shape(), ElementsAreArray({3, 2}));
  EXPECT_THAT(message.initial_state().shape(), ElementsAreArray({2, 4}));
  // Another implementation may write the fields in another order.
  grpc::ByteBuffer bytes = ToBytes(message);
  UnrollDecoder decoder;
  const auto decoded = decoder.Decode(&bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ExpectSame(*decoded, unroll.view());
}

TEST(UnrollCodecTest, UnknownFieldsOfANewerPeerAreIgnored) {
  std::string text = MessageOf(TestUnroll(TestSpec())).SerializeAsString();
  text += std::string("\xaa\x1f\x03new", 6);  // field 501, three bytes
  const grpc::Slice slice(text);
  grpc::ByteBuffer bytes(&slice, 1);
  UnrollDecoder decoder;
  EXPECT_TRUE(decoder.Decode(&bytes).ok());
}

TEST(UnrollCodecTest, EveryTruncationIsAnError) {
  const std::string whole = MessageOf(TestUnroll(TestSpec())).SerializeAsString();
  // The last field is a scalar that a cut before it leaves out.
  const size_t last_field = whole.size() - 9;
  UnrollDecoder decoder;
  for (size_t size = 0; size < last_field; ++size) {
    const grpc::Slice slice(whole.substr(0, size));
    grpc::ByteBuffer bytes(&slice, 1);
    const auto decoded = decoder.Decode(&bytes);
    // Between two optional fields a cut leaves a valid, shorter unroll.
    if (decoded.ok()) {
      EXPECT_LT(decoded->episodes.size() + decoded->resume_state.size(),
                2 + std::string("where the thread stands").size());
    } else {
      EXPECT_TRUE(absl::IsInvalidArgument(decoded.status())) << decoded.status();
    }
  }
}

struct Mutation {
  const char* name;
  const char* field;
  std::function<void(UnrollMessage*)> mutate;
};

class UnrollMutationTest : public testing::TestWithParam<Mutation> {};

TEST_P(UnrollMutationTest, IsRefusedByAnErrorThatNamesTheField) {
  UnrollMessage message = MessageOf(TestUnroll(TestSpec()));
  std::vector<EpisodeResult> episodes;
  ASSERT_TRUE(ViewOf(message, &episodes).ok());
  GetParam().mutate(&message);
  episodes.clear();
  const auto view = ViewOf(message, &episodes);
  ASSERT_TRUE(absl::IsInvalidArgument(view.status())) << view.status();
  EXPECT_THAT(view.status().message(), HasSubstr(std::string("'") + GetParam().field + "'"));
}

// What can go wrong with any tensor.
std::vector<Mutation> TensorMutations(const char* field,
                                      TensorMessage* (UnrollMessage::*tensor)()) {
  return {
      {"NoDType", field, [=](UnrollMessage* m) { (m->*tensor)()->clear_dtype(); }},
      {"UnknownDType", field,
       [=](UnrollMessage* m) { (m->*tensor)()->set_dtype(static_cast<wire::WireDType>(77)); }},
      {"OtherDType", field,
       [=](UnrollMessage* m) {
         const bool bytes = (m->*tensor)()->dtype() == wire::DTYPE_UINT8;
         (m->*tensor)()->set_dtype(bytes ? wire::DTYPE_INT32 : wire::DTYPE_UINT8);
       }},
      {"NoShape", field, [=](UnrollMessage* m) { (m->*tensor)()->clear_shape(); }},
      {"ShortShape", field,
       [=](UnrollMessage* m) { (m->*tensor)()->mutable_shape()->RemoveLast(); }},
      {"LongShape", field, [=](UnrollMessage* m) { (m->*tensor)()->add_shape(2); }},
      {"NegativeExtent", field, [=](UnrollMessage* m) { (m->*tensor)()->set_shape(1, -2); }},
      {"ZeroExtent", field, [=](UnrollMessage* m) { (m->*tensor)()->set_shape(1, 0); }},
      {"OverflowingShape", field,
       [=](UnrollMessage* m) { (m->*tensor)()->set_shape(0, int64_t{1} << 62); }},
      {"SwappedShape", field,
       [=](UnrollMessage* m) { (m->*tensor)()->mutable_shape()->SwapElements(0, 1); }},
      {"NoData", field, [=](UnrollMessage* m) { (m->*tensor)()->clear_data(); }},
      {"ShortData", field, [=](UnrollMessage* m) { (m->*tensor)()->mutable_data()->pop_back(); }},
      {"LongData", field,
       [=](UnrollMessage* m) { (m->*tensor)()->mutable_data()->push_back('x'); }},
  };
}

std::vector<Mutation> AllMutations() {
  std::vector<Mutation> all;
  const std::pair<const char*, TensorMessage* (UnrollMessage::*)()> tensors[] = {
      {"observations", &UnrollMessage::mutable_observations},
      {"actions", &UnrollMessage::mutable_actions},
      {"log_mu", &UnrollMessage::mutable_log_mu},
      {"rewards", &UnrollMessage::mutable_rewards},
      {"flags", &UnrollMessage::mutable_flags},
      {"initial_state", &UnrollMessage::mutable_initial_state},
  };
  for (const auto& [field, tensor] : tensors) {
    for (Mutation& mutation : TensorMutations(field, tensor)) {
      const std::string name = mutation.name, of = field;
      // Observations define T and E: with others swapped in, it is the next tensor that differs.
      if (of == "observations" &&
          (name == "SwappedShape" || name == "LongShape" || name == "ShortShape")) {
        continue;
      }
      all.push_back(std::move(mutation));
    }
  }
  all.push_back({"Zero", "sequence", [](UnrollMessage* m) { m->set_sequence(0); }});
  all.push_back({"OneRow", "observations",
                 [](UnrollMessage* m) { m->mutable_observations()->set_shape(0, 1); }});
  // Products that a sanitizer sees overflow.
  all.push_back({"Endless", "actions", [](UnrollMessage* m) {
                   m->mutable_actions()->clear_shape();
                   for (const int64_t extent : {int64_t{3}, int64_t{2}, int64_t{1} << 62}) {
                     m->mutable_actions()->add_shape(extent);
                   }
                 }});
  all.push_back({"Endless", "initial_state", [](UnrollMessage* m) {
                   m->mutable_initial_state()->set_shape(1, int64_t{1} << 62);
                 }});
  all.push_back({"FewerRows", "log_mu", [](UnrollMessage* m) {
                   m->mutable_observations()->set_shape(0, 2);
                   m->mutable_observations()->set_shape(1, 4);
                 }});
  all.push_back(
      {"Negative", "waiting_fraction", [](UnrollMessage* m) { m->set_waiting_fraction(-0.1); }});
  all.push_back({"NaN", "waiting_fraction", [](UnrollMessage* m) {
                   m->set_waiting_fraction(std::numeric_limits<double>::quiet_NaN());
                 }});
  return all;
}

INSTANTIATE_TEST_SUITE_P(EachField, UnrollMutationTest, testing::ValuesIn(AllMutations()),
                         [](const testing::TestParamInfo<Mutation>& info) {
                           return std::string(info.param.field) + "_" + info.param.name;
                         });

}  // namespace
}  // namespace nyala
