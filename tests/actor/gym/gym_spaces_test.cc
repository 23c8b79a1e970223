// Every space of Gymnasium that is understood, and lines for those that are not.
#include <gmock/gmock.h>

#include <numeric>

#include "tests/actor/gym/gym_home.h"

namespace nyala {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Played Observing(const std::string& which) { return Played(kFake + ("Observing/" + which)); }

void ExpectFloats(const std::string& which, const std::vector<int64_t>& shape,
                  const std::vector<float>& values) {
  Played played = Observing(which);
  EXPECT_EQ(played.spec().observation.dtype, DType::kFloat32) << which;
  EXPECT_EQ(played.spec().observation.shape, shape) << which;
  played.Reset();
  EXPECT_EQ(played.failure(), "") << which;
  EXPECT_EQ(played.floats(), values) << which;
  played.Step<int32_t>({0});
  EXPECT_EQ(played.failure(), "") << which;
  EXPECT_EQ(played.floats(), values) << which;
}

TEST(GymObservations, BoxesBecomeFloatsOfTheirShape) {
  ExpectFloats("Float32", {3}, {1, 2, 3});
  ExpectFloats("Float64", {3}, {1, 2, 3});
  ExpectFloats("Int16", {3}, {1, 2, 3});
  ExpectFloats("Bool", {3}, {1, 0, 1});
  ExpectFloats("Scalar", {}, {2.5});
  ExpectFloats("Strided", {2, 3}, {1, 2, 3, 4, 5, 6});
}

TEST(GymObservations, ChoicesAreOneHotAndBitsAreFloats) {
  ExpectFloats("Discrete", {3}, {0, 0, 1});
  ExpectFloats("MultiDiscrete", {5}, {0, 1, 1, 0, 0});
  ExpectFloats("MultiBinary", {3}, {1, 0, 1});
}

TEST(GymObservations, DictsAndTuplesAreJoinedInTheirOrder) {
  ExpectFloats("Dict", {5}, {5, 6, 0, 1, 0});
  ExpectFloats("Tuple", {3}, {1, 0, 1});
}

TEST(GymObservations, BytesStayBytes) {
  Played ram = Observing("Ram");
  EXPECT_EQ(ram.spec().observation.dtype, DType::kUint8);
  EXPECT_EQ(ram.spec().observation.byte_scale, 1.0 / 255);
  ram.Reset();
  EXPECT_THAT(ram.bytes(), ElementsAre(0, 1, 2, 3));

  Played bits = Observing("Bits");
  EXPECT_EQ(bits.spec().observation.byte_scale, 1.0);
  bits.Reset();
  EXPECT_THAT(bits.bytes(), ElementsAre(0, 1, 1, 0));
}

TEST(GymObservations, ImagesGetTheirChannelsFirst) {
  Played image = Observing("Image");
  EXPECT_THAT(image.spec().observation.shape, ElementsAre(3, 4, 5));
  image.Reset();
  std::vector<uint8_t> planes;
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 20; ++i) planes.push_back(static_cast<uint8_t>(3 * i + c));
  }
  EXPECT_EQ(image.bytes(), planes);

  Played stacked = Observing("Planes");
  EXPECT_THAT(stacked.spec().observation.shape, ElementsAre(2, 4, 5));
  stacked.Reset();
  std::iota(planes.begin(), planes.begin() + 40, 0);
  planes.resize(40);
  EXPECT_EQ(stacked.bytes(), planes);
}

TEST(GymObservations, WhatIsNotOfTheSpaceIsRefused) {
  const auto failure = [](const std::string& which) {
    Played played = Observing(which);
    played.Reset();
    return played.failure();
  };
  EXPECT_EQ(failure("WrongShape"),
            "its observation: its space says float32 of shape (3,), but it is float32 of shape "
            "(3, 1)");
  EXPECT_EQ(failure("WrongType"),
            "its observation: its space says float32 of shape (3,), but it is float64 of shape "
            "(3,)");
  EXPECT_THAT(failure("List"), HasSubstr("float32 of shape (3,), but it is a list"));
  EXPECT_THAT(failure("TooGreat"), HasSubstr("its space says 0 to 2, but it is 3"));
  EXPECT_THAT(failure("NoNumber"), HasSubstr("its space says a whole number, but it is a str"));
  EXPECT_EQ(failure("NoKey"), "KeyError: 'a'");
}

TEST(GymObservations, UnknownSpacesAreNamed) {
  const auto refusal = [](const std::string& which) {
    return std::string(MakeFake("Observing/" + which).status().message());
  };
  EXPECT_THAT(refusal("Sequence"),
              HasSubstr("environment 'gym:nyala_fake_gym:Observing/Sequence': its observation "
                        "space is Sequence(of things); Box, Discrete"));
  EXPECT_THAT(refusal("Nested"), HasSubstr("its observation space is "));
  EXPECT_THAT(refusal("Half"), HasSubstr("Box((3,), float16); not elements of type float16"));
}

// Acting environments check the type of what they get; the reward is the sum of (i + 1) action[i].
template <typename T>
float RewardOf(Played& played, const std::vector<T>& action) {
  const StepResult result = played.Step(action);
  EXPECT_EQ(played.failure(), "");
  return result.reward;
}

TEST(GymActions, DiscreteCountsFromItsStart) {
  Played played(std::string(kFake) + "Acting/Discrete");
  EXPECT_EQ(played.spec().action.kind, ActionSpec::Kind::kDiscrete);
  EXPECT_EQ(played.spec().action.n, 4);
  played.Reset();
  EXPECT_EQ(RewardOf<int32_t>(played, {0}), 10);
  EXPECT_EQ(RewardOf<int32_t>(played, {3}), 13);
}

TEST(GymActions, MultiDiscreteCountsFromItsStarts) {
  Played played(std::string(kFake) + "Acting/MultiDiscrete");
  EXPECT_EQ(played.spec().action.kind, ActionSpec::Kind::kMultiDiscrete);
  EXPECT_THAT(played.spec().action.choices, ElementsAre(3, 4));
  played.Reset();
  EXPECT_EQ(RewardOf<int32_t>(played, {2, 3}), 1 * 2 + 2 * (2 + 3));
  EXPECT_EQ(RewardOf<int32_t>(played, {0, 0}), 2 * 2);
}

TEST(GymActions, MultiBinaryHasItsShape) {
  Played played(std::string(kFake) + "Acting/MultiBinary");
  EXPECT_EQ(played.spec().action.kind, ActionSpec::Kind::kMultiBinary);
  EXPECT_EQ(played.spec().action.n, 4);
  played.Reset();
  EXPECT_EQ(RewardOf<int32_t>(played, {0, 1, 0, 1}), 2 + 4);
}

TEST(GymActions, BoxesKeepTheirTypeAndBounds) {
  Played played(std::string(kFake) + "Acting/Box");
  EXPECT_EQ(played.spec().action.kind, ActionSpec::Kind::kContinuous);
  EXPECT_THAT(played.spec().action.low, ElementsAre(-2, -2));
  // 0.1 has no float; the nearest one is greater.
  EXPECT_LE(static_cast<double>(played.spec().action.high[0]), 0.1);
  EXPECT_FLOAT_EQ(played.spec().action.high[0], 0.1f);
  played.Reset();
  EXPECT_EQ(RewardOf<float>(played, {-1.5, 0.0625}), -1.5 + 2 * 0.0625);
}

TEST(GymActions, OthersAreNamed) {
  EXPECT_THAT(std::string(MakeFake("Acting/BoxOfInts").status().message()),
              HasSubstr("its action space is Box((2,), int32); Discrete"));
  EXPECT_THAT(std::string(MakeFake("Acting/Tuple").status().message()),
              HasSubstr("its action space is "));
}

}  // namespace
}  // namespace nyala
