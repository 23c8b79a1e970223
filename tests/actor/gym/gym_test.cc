// What goes wrong in Python reaches the user; several environments and threads in one interpreter.
#include <gmock/gmock.h>

#include <algorithm>

#include "actor/gym_family.h"
#include "actor/vector_env.h"
#include "common/base/thread.h"
#include "tests/actor/gym/gym_home.h"

namespace nyala {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

std::string Refusal(const std::string& id) {
  return std::string(Environments().Create(id).status().message());
}

TEST(Gym, WhatIsNotThereIsNamed) {
  testing::internal::CaptureStderr();
  EXPECT_THAT(Refusal("gym:nyala_no_such_package:X"),
              HasSubstr("environment 'gym:nyala_no_such_package:X': Python has no package "
                        "'nyala_no_such_package': install it for "));
  EXPECT_THAT(Refusal("gym:nyala_fake_gym"), HasSubstr("it is not of the form gym:MODULE:ID"));
  // One line each, and nothing more.
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Gym, ExceptionsHaveATracebackAndOneLine) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(Refusal("gym:nyala_broken_module:X"),
            "environment 'gym:nyala_broken_module:X': ModuleNotFoundError: No module named "
            "'nyala_module_that_nobody_has'");
  EXPECT_EQ(Refusal("gym:nyala_fake_gym:Failing,at=make"),
            "environment 'gym:nyala_fake_gym:Failing,at=make': RuntimeError: no simulator");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("nyala_broken_module.py\", line 3"),
                    HasSubstr("raise RuntimeError(\"no simulator\")")));
}

TEST(Gym, AnExceptionInResetEndsItWithATraceback) {
  Played played("gym:nyala_fake_gym:Failing,at=reset");
  testing::internal::CaptureStderr();
  played.Reset();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("Traceback (most recent call last):"), HasSubstr("in reset"),
                    HasSubstr("ValueError: the level")));
  EXPECT_EQ(played.failure(), "ValueError: the level is missing");
}

// The failure at the steps' end, and what went to standard error.
std::string FailureOfSteps(const std::string& at, std::string* traceback = nullptr) {
  Played played("gym:nyala_fake_gym:Failing,at=" + at);
  played.Reset();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 5 && played.failure().empty(); ++i) played.Step<int32_t>({1});
  const std::string err = testing::internal::GetCapturedStderr();
  if (traceback != nullptr) *traceback = err;
  return played.failure();
}

TEST(Gym, AnExceptionInStepEndsItWithATraceback) {
  std::string traceback;
  EXPECT_EQ(FailureOfSteps("step", &traceback), "ZeroDivisionError: an unlucky step");
  EXPECT_THAT(traceback, AllOf(HasSubstr("Traceback"), HasSubstr("in step"),
                               HasSubstr("raise ZeroDivisionError")));
  EXPECT_EQ(FailureOfSteps("exit"), "SystemExit: 3");
}

TEST(Gym, WhatStepReturnsIsChecked) {
  EXPECT_EQ(FailureOfSteps("four"),
            "step() returned a tuple of 4, not (observation, reward, terminated, truncated, info) "
            "as Gymnasium's does");
  EXPECT_EQ(FailureOfSteps("reward"), "TypeError: must be real number, not str");
  EXPECT_THAT(FailureOfSteps("shape"), HasSubstr("float32 of shape (2,), but it is float32 of "
                                                 "shape (3,)"));
}

TEST(Gym, NotANumberIsFoundWhereItIs) {
  VectorEnvOptions options;
  options.id = "gym:nyala_fake_gym:Failing,at=nan";
  options.E = 2;
  const auto environments = *MakeVectorEnv(options);
  std::vector<float> now(4), next(4), rewards(2);
  std::vector<uint8_t> flags(2), next_flags(2);
  std::vector<EpisodeEnd> ends;
  const std::vector<int32_t> actions(2);
  ASSERT_TRUE(environments->Reset(reinterpret_cast<uint8_t*>(now.data()), flags.data()).ok());
  const absl::Status stepped = environments->Step(
      {reinterpret_cast<const uint8_t*>(actions.data()), flags.data(), rewards.data(),
       reinterpret_cast<uint8_t*>(next.data()), next_flags.data()},
      &ends);
  EXPECT_EQ(stepped.message(),
            "environment 'gym:nyala_fake_gym:Failing,at=nan' (number 0): value 1 of its "
            "observation is nan");
}

TEST(Gym, SpecSaysWhatGymnasiumsSays) {
  const auto spec = DescribeEnvironment("gym:nyala_fake_gym:Walk");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->max_episode_steps, 30);
  EXPECT_EQ(spec->solved_return, 5.5);
}

TEST(Gym, DrawsWhenItIsAskedToRender) {
  Played blind(std::string(kFake) + "Drawn");
  EXPECT_EQ((*blind).drawing_size().width, 0);
  const std::string id = DrawnId(std::string(kFake) + "Drawn");
  EXPECT_EQ(id, "gym:nyala_fake_gym:Drawn,render_mode=rgb_array");
  EXPECT_EQ(DrawnId(id), id);
  EXPECT_EQ(DrawnId("CartPole-v1"), "CartPole-v1");
  Played played(id);
  played.Reset();
  const DrawingSize size = (*played).drawing_size();
  ASSERT_EQ(size.width, 8);
  ASSERT_EQ(size.height, 6);
  Canvas canvas(size.width, size.height);
  (*played).Draw(canvas);
  const std::vector<uint8_t> rgb = canvas.Rgb();
  EXPECT_EQ(rgb[0], 255);
  EXPECT_EQ(rgb[3 * 7], 0);
}

// The sum of the rewards of some steps.
double Play(uint64_t seed) {
  Played played("gym:nyala_fake_gym:Walk");
  double sum = 0;
  for (uint64_t episode = 0; episode < 20; ++episode) {
    played.Reset(seed + episode);
    StepResult step;
    for (int32_t i = 0; !step.terminated && !step.truncated; ++i) {
      step = played.Step<int32_t>({i % 2});
      sum += step.reward;
    }
  }
  EXPECT_EQ(played.failure(), "");
  return sum;
}

TEST(Gym, ThreadsShareTheInterpreter) {
  const double alone = Play(7);
  std::vector<double> sums(4);
  {
    std::vector<Thread> threads;
    for (size_t i = 0; i < sums.size(); ++i) {
      threads.emplace_back("play", [&sums, i] { sums[i] = Play(7); });
    }
  }
  EXPECT_THAT(sums, Each(alone));
}

}  // namespace
}  // namespace nyala
