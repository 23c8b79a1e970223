// What becomes of an emulator's frames, over a game whose frames are known.
#include "actor/environments/atari/atari.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "actor/environment_registry.h"
#include "actor/vector_env.h"
#include "common/base/status_macros.h"
#include "common/rl/episode_rows.h"
#include "tests/conformance/environment_conformance.h"
#include "tests/fakes/fake_emulator.h"
#include "tests/support/slow_shrink.h"

namespace nyala {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kSide = 84;
// Actions of the minimal set.
constexpr int32_t kNothing = 0, kFire = 1, kRight = 2;

void RegisterFakeFamily() {
  // Quickly drawn.
  FakeGame small;
  small.rows = 100;
  small.columns = 90;
  Environments().RegisterFamily(
      "fake-atari:", "for tests", [small](const EnvironmentId& id) -> EnvironmentRegistry::Result {
        NYALA_ASSIGN_OR_RETURN(const AtariOptions options, ReadAtariOptions(id));
        return MakeAtari(options, std::make_unique<FakeEmulator>(small));
      });
}

// Asked for once for every test of the suite.
std::vector<std::string> FakeIds() {
  static const bool once = (RegisterFakeFamily(), true);
  static_cast<void>(once);
  return {"fake-atari:dodge", "fake-atari:dodge,episodic_life=false,max_frames=90",
          "fake-atari:dodge,frame_skip=1,sticky=0,noop_max=3,full_action_space=true"};
}

INSTANTIATE_TEST_SUITE_P(Atari, EnvironmentConformance, testing::ValuesIn(FakeIds()),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = std::isalnum(c) ? c : '_';
                           return name;
                         });

// Nothing random but what a test asks for.
AtariOptions Plain() {
  AtariOptions options;
  options.id = "fake";
  options.sticky = 0;
  options.noop_max = 0;
  return options;
}

struct Play {
  explicit Play(const AtariOptions& options, const FakeGame& game = {})
      : environment(MakeAtari(options, std::make_unique<FakeEmulator>(game))),
        picture(kSide * kSide) {
    Reset(1);
  }
  void Reset(uint64_t seed) { environment->Reset(seed, ObservationRef{picture.data()}); }
  StepResult Step(int32_t action) {
    return environment->Step(ActionRef{&action}, ObservationRef{picture.data()});
  }

  std::unique_ptr<Environment> environment;
  std::vector<uint8_t> picture;
};

std::vector<uint8_t> Screen(const Emulator& emulator) {
  return {emulator.screen(), emulator.screen() + emulator.rows() * emulator.columns()};
}

TEST(Atari, SaysWhatItIs) {
  Play play(Plain());
  const EnvSpec& spec = play.environment->spec();
  EXPECT_THAT(spec.observation.shape, ElementsAre(84, 84));
  EXPECT_EQ(spec.observation.dtype, DType::kUint8);
  EXPECT_EQ(spec.action.n, 4);
  EXPECT_EQ(spec.action_repeat, 4);
  EXPECT_EQ(spec.max_episode_steps, 27000);
  AtariOptions all = Plain();
  all.full_action_space = true;
  EXPECT_EQ(Play(all).environment->spec().action.n, 18);
}

TEST(Atari, RepeatsAnActionAndSumsItsRewards) {
  std::vector<int> acted;
  FakeGame game;
  game.acted = &acted;
  Play play(Plain(), game);
  EXPECT_EQ(play.Step(kFire).reward, 4);
  EXPECT_EQ(play.Step(kRight).reward, 0);
  EXPECT_THAT(acted, ElementsAre(1, 1, 1, 1, 3, 3, 3, 3));
  AtariOptions thrice = Plain();
  thrice.frame_skip = 3;
  Play other(thrice, game);
  EXPECT_EQ(other.Step(kFire).reward, 3);
  EXPECT_THAT(acted, SizeIs(3));
}

TEST(Atari, ShowsTheMaximumOfTheLastTwoFramesShrunk) {
  Play play(Plain());
  FakeEmulator twin{FakeGame{}};
  EXPECT_EQ(play.picture, SlowShrink(Screen(twin), 210, 160, kSide, kSide));
  for (int step = 0; step < 20; ++step) {
    play.Step(kRight);
    std::vector<uint8_t> before;
    for (int frame = 0; frame < 4; ++frame) {
      before = Screen(twin);
      twin.Act(FakeEmulator::kRight);
    }
    std::vector<uint8_t> joined = Screen(twin);
    for (size_t i = 0; i < joined.size(); ++i) joined[i] = std::max(joined[i], before[i]);
    ASSERT_EQ(play.picture, SlowShrink(joined, 210, 160, kSide, kSide)) << step;
  }
  // The block is drawn in every other frame only.
  EXPECT_THAT(play.picture, Contains(FakeEmulator::kBlock));
}

TEST(Atari, WithoutRepeatsShowsSingleFrames) {
  AtariOptions options = Plain();
  options.frame_skip = 1;
  Play play(options);
  play.Step(kNothing);
  EXPECT_THAT(play.picture, Each(3));
  play.Step(kNothing);
  EXPECT_THAT(play.picture, Contains(FakeEmulator::kBlock));
}

TEST(Atari, TakesScreensOfOtherHeights) {
  FakeGame pal;
  pal.rows = 250;
  Play play(Plain(), pal);
  EXPECT_EQ(play.picture, SlowShrink(Screen(FakeEmulator(pal)), 250, 160, kSide, kSide));
}

TEST(Atari, LostLivesAreEndsAfterWhichTheGameGoesOn) {
  std::vector<int> acted;
  FakeGame game;
  game.acted = &acted;
  game.frames_per_life = 8;
  Play play(Plain(), game);
  for (const bool last : {false, false, true}) {
    EXPECT_FALSE(play.Step(kFire).terminated);
    const StepResult lost = play.Step(kFire);
    EXPECT_TRUE(lost.terminated);
    EXPECT_FALSE(lost.truncated);
    EXPECT_EQ(lost.goes_on, !last);
    const std::vector<uint8_t> shown = std::exchange(play.picture, std::vector<uint8_t>(7056));
    const size_t frames = acted.size();
    play.Reset(2);
    if (last) break;
    // Nothing happens between lives.
    EXPECT_EQ(acted.size(), frames);
    EXPECT_EQ(play.picture, shown);
  }
  EXPECT_THAT(acted, SizeIs(0)) << "a new game";
}

TEST(Atari, WithoutEpisodicLifeOnlyTheGameEnds) {
  FakeGame game;
  game.frames_per_life = 8;
  AtariOptions options = Plain();
  options.episodic_life = false;
  Play play(options, game);
  for (int step = 1; step < 6; ++step) EXPECT_FALSE(play.Step(kFire).terminated);
  const StepResult end = play.Step(kFire);
  EXPECT_TRUE(end.terminated);
  EXPECT_FALSE(end.goes_on);
}

TEST(Atari, TheLastLifeIsLostWhenTheGameIsOver) {
  FakeGame game;
  game.lives = 1;
  game.frames_per_life = 8;
  game.late = 8;
  Play play(Plain(), game);
  EXPECT_FALSE(play.Step(kNothing).terminated);
  EXPECT_FALSE(play.Step(kNothing).terminated) << "no life is left, but the game goes on";
  EXPECT_FALSE(play.Step(kNothing).terminated);
  const StepResult end = play.Step(kNothing);
  EXPECT_TRUE(end.terminated);
  EXPECT_FALSE(end.goes_on);
}

TEST(Atari, AGameThatEndsWithinAStepIsNotPlayedOn) {
  std::vector<int> acted;
  FakeGame game;
  game.acted = &acted;
  game.lives = 1;
  game.frames_per_life = 5;
  Play play(Plain(), game);
  play.Step(kFire);
  const StepResult end = play.Step(kFire);
  EXPECT_TRUE(end.terminated);
  EXPECT_EQ(end.reward, 1);
  EXPECT_THAT(acted, SizeIs(5));
  EXPECT_THAT(play.picture, Each(15)) << "frame 5 alone";
}

TEST(Atari, ReportedReturnsAreOfTheWholeGame) {
  VectorEnvOptions options;
  options.id = "fake-atari:dodge,sticky=0,noop_max=0";
  const auto one = *MakeVectorEnv(options);
  std::vector<uint8_t> picture(kSide * kSide), flags(1), next_flags(1);
  std::vector<float> reward(1);
  std::vector<EpisodeEnd> ends;
  ASSERT_TRUE(one->Reset(picture.data(), flags.data()).ok());
  int stretches = 0;
  for (int step = 0; ends.empty() && step < 1000; ++step) {
    const auto* const action = reinterpret_cast<const uint8_t*>(&kFire);
    ASSERT_TRUE(
        one->Step({action, flags.data(), reward.data(), picture.data(), next_flags.data()}, &ends)
            .ok());
    stretches += (flags[0] & kRowTerminated) != 0;
    flags.swap(next_flags);
  }
  EXPECT_EQ(stretches, 3);
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].result.episode_return, 300);
  EXPECT_EQ(ends[0].result.length, 75u);
  EXPECT_FALSE(ends[0].result.truncated);
}

TEST(Atari, IsTruncatedAfterItsFrames) {
  AtariOptions options = Plain();
  options.max_frames = 10;
  Play play(options);
  EXPECT_EQ(play.environment->spec().max_episode_steps, 3);
  EXPECT_FALSE(play.Step(kNothing).truncated);
  EXPECT_FALSE(play.Step(kNothing).truncated);
  const StepResult end = play.Step(kNothing);
  EXPECT_TRUE(end.truncated);
  EXPECT_FALSE(end.terminated);
}

TEST(Atari, ALifeLostAtTheLimitIsATruncation) {
  FakeGame game;
  game.frames_per_life = 8;
  AtariOptions options = Plain();
  options.max_frames = 8;
  Play play(options, game);
  play.Step(kNothing);
  const StepResult end = play.Step(kNothing);
  EXPECT_TRUE(end.truncated);
  EXPECT_FALSE(end.terminated);
  EXPECT_FALSE(end.goes_on);
}

TEST(Atari, StartsAfterOneToNoopMaxFramesOfNothing) {
  std::vector<int> acted;
  FakeGame game;
  game.acted = &acted;
  AtariOptions options = Plain();
  options.noop_max = 5;
  Play play(options, game);
  std::vector<int> seen(6);
  for (uint64_t seed = 0; seed < 500; ++seed) {
    play.Reset(seed);
    ASSERT_THAT(acted, Each(FakeEmulator::kNothing));
    ++seen.at(acted.size());
  }
  EXPECT_EQ(seen[0], 0);
  // Six standard deviations of 100.
  for (int frames = 1; frames <= 5; ++frames) EXPECT_NEAR(seen[frames], 100, 54) << frames;
}

TEST(Atari, AGameThatEndsWhileNothingIsDoneStartsAnew) {
  int resets = 0;
  std::vector<int> acted;
  FakeGame game;
  game.resets = &resets;
  game.acted = &acted;
  game.lives = 1;
  game.frames_per_life = 2;
  AtariOptions options = Plain();
  options.noop_max = 30;
  Play play(options, game);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    play.Reset(seed);
    EXPECT_LT(acted.size(), 2u);
  }
  EXPECT_GT(resets, 51);
}

TEST(Atari, StickyFramesRepeatTheActionBefore) {
  std::vector<int> acted;
  FakeGame game;
  game.acted = &acted;
  game.frames_per_life = 1000000;
  game.rows = game.columns = kSide;
  AtariOptions options = Plain();
  options.sticky = 0.25;
  Play play(options, game);
  constexpr int kSteps = 10000;
  int late[4] = {};
  for (int step = 0; step < kSteps; ++step) {
    const int32_t action = step % 2 == 0 ? kFire : kRight;
    const int wanted = step % 2 == 0 ? FakeEmulator::kFire : FakeEmulator::kRight;
    acted.clear();
    play.Step(action);
    for (int frame = 0; frame < 4; ++frame) late[frame] += acted[frame] != wanted;
  }
  // The frame that takes the action up is the first of those that are not sticky; four standard
  // deviations.
  for (int frame = 0; frame < 4; ++frame) {
    const double p = std::pow(0.25, frame + 1);
    EXPECT_NEAR(late[frame], kSteps * p, 4 * std::sqrt(kSteps * p * (1 - p))) << frame;
  }
}

TEST(Atari, SavedBetweenLivesGoesOnWithTheGame) {
  FakeGame game;
  game.frames_per_life = 4;
  Play play(Plain(), game);
  ASSERT_TRUE(play.Step(kFire).goes_on);
  std::string state;
  ASSERT_TRUE(play.environment->SaveState(&state).ok());
  Play other(Plain(), game);
  ASSERT_TRUE(other.environment->RestoreState(state).ok());
  EXPECT_NE(other.picture, play.picture);
  other.Reset(3);
  EXPECT_EQ(other.picture, play.picture);
  EXPECT_TRUE(other.Step(kFire).goes_on);
  EXPECT_FALSE(other.environment->RestoreState(state.substr(0, 100)).ok());
}

TEST(Atari, DrawsTheScreenAtTwiceItsSize) {
  Play play(Plain());
  play.Step(kRight);
  FakeEmulator twin{FakeGame{}};
  for (int frame = 0; frame < 4; ++frame) twin.Act(FakeEmulator::kRight);
  const DrawingSize size = play.environment->drawing_size();
  ASSERT_EQ(size.width, 320);
  ASSERT_EQ(size.height, 420);
  Canvas canvas(size.width, size.height);
  play.environment->Draw(canvas);
  const std::vector<uint8_t> rgb = canvas.Rgb();
  std::vector<uint8_t> expected;
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      const EmulatorColor& color = twin.palette()[twin.screen()[row / 2 * 160 + column / 2]];
      expected.insert(expected.end(), {color.red, color.green, color.blue});
    }
  }
  EXPECT_EQ(canvas.Rgb(), expected);
}

TEST(Atari, WrongArgumentsAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"frame_skip=0", "frame_skip must be in 1 .. 1000"},
      {"sticky=1", "sticky must be in [0, 1)"},
      {"sticky=nan", "sticky must be a number"},
      {"noop_max=-1", "noop_max must be in 0 .. 10000"},
      {"max_frames=0", "max_frames must be in 1 .. 2^40"},
      {"lives=3", "unknown argument 'lives'"},
  };
  for (const auto& [argument, message] : cases) {
    const auto made = Environments().Create("fake-atari:dodge," + argument);
    ASSERT_FALSE(made.ok()) << argument;
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(message));
    EXPECT_THAT(std::string(made.status().message()), HasSubstr("fake-atari:dodge," + argument));
  }
}

}  // namespace
}  // namespace nyala
