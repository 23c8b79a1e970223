#include "tests/conformance/environment_conformance.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "absl/strings/match.h"
#include "actor/environment_registry.h"
#include "actor/vector_env.h"
#include "common/base/random.h"
#include "tests/support/count_allocations.h"

namespace nyala {

bool EnvironmentConformance::Seen::operator==(const Seen& other) const {
  return observation == other.observation && reward == other.reward &&
         terminated == other.terminated && truncated == other.truncated &&
         stretch_ended == other.stretch_ended;
}

void EnvironmentConformance::SetUp() {
  const absl::Status status = Environments().Create(GetParam()).status();
  // What a build may do without: MuJoCo, and Atari's emulator and ROMs.
  const bool missing =
      absl::IsFailedPrecondition(status) || (absl::StartsWith(GetParam(), "ALE/") && !status.ok());
  if (missing) GTEST_SKIP() << "SKIPPED: " << status.message();
  spec_ = Make()->spec();
}

std::unique_ptr<Environment> EnvironmentConformance::Make() const {
  auto made = Environments().Create(GetParam());
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::vector<uint8_t> EnvironmentConformance::Action(uint64_t seed, uint64_t step) const {
  std::vector<uint8_t> action(spec_.action.bytes());
  if (spec_.action.kind != ActionSpec::Kind::kContinuous) {
    for (int64_t i = 0; i < spec_.action.elements(); ++i) {
      const auto choice = static_cast<int32_t>(RandomBits(seed, i, step, RandomPurpose::kTest) %
                                               static_cast<uint64_t>(spec_.action.values(i)));
      std::memcpy(action.data() + i * sizeof(choice), &choice, sizeof(choice));
    }
    return action;
  }
  for (int64_t i = 0; i < spec_.action.n; ++i) {
    const double uniform = RandomUniform(seed, i + 1, step, RandomPurpose::kTest);
    const auto value = static_cast<float>(spec_.action.low[i] +
                                          uniform * (spec_.action.high[i] - spec_.action.low[i]));
    std::memcpy(action.data() + i * sizeof(value), &value, sizeof(value));
  }
  return action;
}

EnvironmentConformance::Seen EnvironmentConformance::ResetOf(Environment& environment,
                                                             uint64_t seed) const {
  Seen seen;
  seen.observation.assign(spec_.observation.bytes(), 0xAB);
  environment.Reset(seed, ObservationRef{seen.observation.data()});
  return seen;
}

EnvironmentConformance::Seen EnvironmentConformance::StepOf(Environment& environment, uint64_t seed,
                                                            uint64_t step) const {
  Seen seen;
  seen.observation.assign(spec_.observation.bytes(), 0xAB);
  const std::vector<uint8_t> action = Action(seed, step);
  const StepResult result =
      environment.Step(ActionRef{action.data()}, ObservationRef{seen.observation.data()});
  seen.reward = result.reward;
  seen.truncated = result.truncated;
  seen.stretch_ended = result.goes_on;
  seen.terminated = result.terminated && !result.goes_on;
  // Any seed does.
  if (seen.stretch_ended) {
    EXPECT_TRUE(result.terminated && !result.truncated);
    environment.Reset(step, ObservationRef{seen.observation.data()});
  }
  return seen;
}

std::vector<EnvironmentConformance::Seen> EnvironmentConformance::Play(Environment& environment,
                                                                       uint64_t seed,
                                                                       int64_t limit) const {
  std::vector<Seen> episode = {ResetOf(environment, seed)};
  for (int64_t step = 0; step < limit; ++step) {
    episode.push_back(StepOf(environment, seed, step));
    if (episode.back().terminated || episode.back().truncated) break;
  }
  return episode;
}

namespace {

constexpr int64_t kLongEpisode = 2000;
constexpr uint64_t kEpisodes = 20;

// The action of a column in a row.
using ColumnActions = std::function<std::vector<uint8_t>(size_t column, int64_t row)>;

TEST_P(EnvironmentConformance, SpecIsCompleteAndConstant) {
  const auto environment = Make();
  EXPECT_EQ(environment->spec().id, GetParam());
  EXPECT_FALSE(spec_.description.empty());
  EXPECT_GE(spec_.max_episode_steps, 0);
  EXPECT_GE(spec_.action.n, 1);
  for (const int64_t size : spec_.observation.shape) EXPECT_GE(size, 1);
  if (spec_.action.kind == ActionSpec::Kind::kContinuous) {
    ASSERT_EQ(spec_.action.low.size(), static_cast<size_t>(spec_.action.n));
    ASSERT_EQ(spec_.action.high.size(), static_cast<size_t>(spec_.action.n));
    for (int64_t i = 0; i < spec_.action.n; ++i) {
      EXPECT_LT(spec_.action.low[i], spec_.action.high[i]);
    }
  }
  if (spec_.action.kind == ActionSpec::Kind::kMultiDiscrete) {
    ASSERT_EQ(spec_.action.choices.size(), static_cast<size_t>(spec_.action.n));
    for (const int64_t choices : spec_.action.choices) EXPECT_GE(choices, 2);
  }
  Play(*environment, 1, 50);
  EXPECT_EQ(environment->spec().id, GetParam());
  EXPECT_EQ(environment->spec().observation.shape, spec_.observation.shape);
}

TEST_P(EnvironmentConformance, WritesExactlyItsObservation) {
  // The same episode over memory that held something else: every byte must be written, and none
  // beyond.
  const auto environment = Make();
  std::vector<uint8_t> dark(spec_.observation.bytes() + 8, 0x00);
  std::vector<uint8_t> light(spec_.observation.bytes() + 8, 0xFF);
  const auto twin = Make();
  environment->Reset(3, ObservationRef{dark.data()});
  twin->Reset(3, ObservationRef{light.data()});
  for (int64_t step = 0; step < 200; ++step) {
    ASSERT_TRUE(std::equal(dark.begin(), dark.end() - 8, light.begin())) << "step " << step;
    for (size_t i = dark.size() - 8; i < dark.size(); ++i) {
      ASSERT_EQ(dark[i], 0x00);
      ASSERT_EQ(light[i], 0xFF);
    }
    std::fill(dark.begin(), dark.end(), 0x00);
    std::fill(light.begin(), light.end(), 0xFF);
    const std::vector<uint8_t> action = Action(3, step);
    const StepResult result =
        environment->Step(ActionRef{action.data()}, ObservationRef{dark.data()});
    twin->Step(ActionRef{action.data()}, ObservationRef{light.data()});
    if (result.terminated || result.truncated) break;
  }
}

TEST_P(EnvironmentConformance, NumbersAreFinite) {
  const auto environment = Make();
  for (uint64_t seed = 0; seed < kEpisodes; ++seed) {
    for (const Seen& seen : Play(*environment, seed, kLongEpisode)) {
      ASSERT_TRUE(std::isfinite(seen.reward));
      if (spec_.observation.dtype != DType::kFloat32) continue;
      for (size_t at = 0; at < seen.observation.size(); at += sizeof(float)) {
        float value = 0;
        std::memcpy(&value, seen.observation.data() + at, sizeof(value));
        ASSERT_TRUE(std::isfinite(value));
      }
    }
  }
}

TEST_P(EnvironmentConformance, EpisodeIsAFunctionOfItsSeedAndActions) {
  const auto environment = Make();
  const auto other = Make();
  for (uint64_t seed = 0; seed < kEpisodes; ++seed) {
    const std::vector<Seen> episode = Play(*environment, seed, kLongEpisode);
    // `other` played nothing, or other episodes, before.
    if (seed % 3 == 0) Play(*other, seed + 1000, 5);
    EXPECT_EQ(Play(*other, seed, kLongEpisode), episode) << "seed " << seed;
  }
}

TEST_P(EnvironmentConformance, SeedsMatter) {
  const auto environment = Make();
  const std::vector<Seen> first = Play(*environment, 0, 50);
  bool differ = false;
  for (uint64_t seed = 1; seed < kEpisodes; ++seed) {
    // The same actions: what differs is the environment's own doing.
    std::vector<Seen> episode = {ResetOf(*environment, seed)};
    for (size_t step = 0; step + 1 < first.size(); ++step) {
      if (episode.back().terminated || episode.back().truncated) break;
      episode.push_back(StepOf(*environment, 0, step));
    }
    differ = differ || !(episode == first);
  }
  EXPECT_TRUE(differ);
}

TEST_P(EnvironmentConformance, InstancesShareNoState) {
  const auto environment = Make();
  const auto intruder = Make();
  const std::vector<Seen> alone = Play(*environment, 5, 100);
  std::vector<Seen> beside = {ResetOf(*environment, 5)};
  ResetOf(*intruder, 6);
  bool intruder_ended = false;
  for (size_t step = 0; step + 1 < alone.size(); ++step) {
    if (intruder_ended) ResetOf(*intruder, 7 + step);
    const Seen intruding = StepOf(*intruder, 6, step);
    intruder_ended = intruding.terminated || intruding.truncated;
    beside.push_back(StepOf(*environment, 5, step));
  }
  EXPECT_EQ(beside, alone);
}

// What column 0 of a VectorEnv sees and every other, row after row.
std::vector<std::vector<uint8_t>> RowsOf(VectorEnv& environments, const ColumnActions& action,
                                         int64_t rows) {
  const auto E = static_cast<size_t>(environments.size());
  const auto bytes = static_cast<size_t>(environments.spec().observation.bytes());
  std::vector<std::vector<uint8_t>> seen(E);
  std::vector<uint8_t> now(E * bytes), flags(E), next_flags(E);
  std::vector<float> rewards(E);
  std::vector<EpisodeEnd> ends;
  EXPECT_TRUE(environments.Reset(now.data(), flags.data()).ok());
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<uint8_t> actions;
    for (size_t e = 0; e < E; ++e) {
      const std::vector<uint8_t> one = action(e, row);
      actions.insert(actions.end(), one.begin(), one.end());
      seen[e].insert(seen[e].end(), now.begin() + e * bytes, now.begin() + (e + 1) * bytes);
    }
    const absl::Status status = environments.Step(
        {actions.data(), flags.data(), rewards.data(), now.data(), next_flags.data()}, &ends);
    EXPECT_TRUE(status.ok()) << status;
    for (size_t e = 0; e < E; ++e) {
      seen[e].push_back(flags[e]);
      const auto* const reward = reinterpret_cast<const uint8_t*>(&rewards[e]);
      seen[e].insert(seen[e].end(), reward, reward + sizeof(float));
    }
    flags = next_flags;
  }
  return seen;
}

TEST_P(EnvironmentConformance, ItsEpisodesDoNotDependOnTheBatch) {
  constexpr int64_t kRows = 120;
  VectorEnvOptions options;
  options.id = GetParam();
  options.E = 3;
  options.seed = 11;
  options.first_environment = 40;
  const auto together = MakeVectorEnv(options);
  ASSERT_TRUE(together.ok()) << together.status();
  const auto all = RowsOf(
      **together, [this](size_t e, int64_t row) { return Action(e, row); }, kRows);
  options.E = 1;
  for (size_t e = 0; e < 3; ++e) {
    options.first_environment = 40 + e;
    const auto alone = MakeVectorEnv(options);
    ASSERT_TRUE(alone.ok()) << alone.status();
    const auto one = RowsOf(
        **alone, [this, e](size_t, int64_t row) { return Action(e, row); }, kRows);
    EXPECT_EQ(one[0], all[e]) << "column " << e;
  }
}

TEST_P(EnvironmentConformance, EndsAreTerminatedXorTruncatedAndKeepTheLimit) {
  const auto environment = Make();
  for (uint64_t seed = 0; seed < kEpisodes; ++seed) {
    const std::vector<Seen> episode = Play(*environment, seed, kLongEpisode);
    const auto frames = static_cast<int64_t>(episode.size()) - 1;
    EXPECT_FALSE(episode.back().terminated && episode.back().truncated);
    if (spec_.max_episode_steps == 0) continue;
    EXPECT_LE(frames, spec_.max_episode_steps);
    if (episode.back().truncated) {
      EXPECT_EQ(frames, spec_.max_episode_steps);
    }
  }
}

TEST_P(EnvironmentConformance, PlaysAgainAfterAnEnd) {
  const auto environment = Make();
  const std::vector<Seen> fresh = Play(*Make(), 9, kLongEpisode);
  for (uint64_t seed = 0; seed < 5; ++seed) Play(*environment, seed, kLongEpisode);
  EXPECT_EQ(Play(*environment, 9, kLongEpisode), fresh);
}

TEST_P(EnvironmentConformance, StepAllocatesNothing) {
  // Box2D's pools grow with contacts, Python makes objects: by malloc.
  bool engine_allocates = false;
  for (const char* family : {"LunarLander", "BipedalWalker", "gym:"}) {
    engine_allocates = engine_allocates || absl::StartsWith(GetParam(), family);
  }
  const auto environment = Make();
  std::vector<uint8_t> observation(spec_.observation.bytes());
  for (uint64_t seed = 0; seed < kEpisodes; ++seed) {
    std::vector<std::vector<uint8_t>> actions;
    for (uint64_t step = 0; step < 300; ++step) actions.push_back(Action(seed, step));
    environment->Reset(seed, ObservationRef{observation.data()});
    const Allocations before = AllocationsOfThisThread();
    for (const std::vector<uint8_t>& action : actions) {
      const StepResult result =
          environment->Step(ActionRef{action.data()}, ObservationRef{observation.data()});
      if (result.terminated || result.truncated) break;
    }
    const Allocations after = AllocationsOfThisThread();
    ASSERT_EQ(after.by_new, before.by_new) << "seed " << seed;
    if (!engine_allocates) {
      ASSERT_EQ(after.by_malloc, before.by_malloc) << "seed " << seed;
    }
  }
  // The counter counts.
  const Allocations before = AllocationsOfThisThread();
  Make();
  EXPECT_GT(AllocationsOfThisThread().by_new, before.by_new);
  if (CountsMalloc()) {
    EXPECT_GT(AllocationsOfThisThread().by_malloc, before.by_malloc);
  }
}

TEST_P(EnvironmentConformance, SavedStateContinuesOnAnotherInstance) {
  const auto environment = Make();
  for (uint64_t seed = 0; seed < kEpisodes; ++seed) {
    const std::vector<Seen> whole = Play(*environment, seed, 60);
    const size_t half = whole.size() / 2;
    ResetOf(*environment, seed);
    for (size_t step = 0; step < half; ++step) StepOf(*environment, seed, step);
    // SaveState appends.
    std::string state = "before";
    const absl::Status saved = environment->SaveState(&state);
    if (absl::IsUnimplemented(saved)) {
      GTEST_SKIP() << GetParam() << " cannot be saved, which is allowed";
    }
    ASSERT_TRUE(saved.ok()) << saved;
    ASSERT_EQ(state.substr(0, 6), "before");
    const auto other = Make();
    ResetOf(*other, seed + 77);
    ASSERT_TRUE(other->RestoreState(absl::string_view(state).substr(6)).ok());
    for (size_t step = half; step + 1 < whole.size(); ++step) {
      ASSERT_EQ(StepOf(*other, seed, step), whole[step + 1]) << "seed " << seed;
    }
  }
}

TEST_P(EnvironmentConformance, ForeignStateIsRefused) {
  const auto environment = Make();
  ResetOf(*environment, 1);
  std::string state;
  if (absl::IsUnimplemented(environment->SaveState(&state))) {
    GTEST_SKIP() << GetParam() << " cannot be saved, which is allowed";
  }
  EXPECT_FALSE(environment->RestoreState("").ok());
  EXPECT_FALSE(environment->RestoreState(state + "x").ok());
  EXPECT_FALSE(
      environment->RestoreState(absl::string_view(state).substr(0, state.size() - 1)).ok());
}

// Every pixel of where it stands.
std::vector<uint8_t> PictureOf(const Environment& environment, DrawingSize size) {
  Canvas canvas(size.width, size.height);
  environment.Draw(canvas);
  return canvas.Rgb();
}

TEST_P(EnvironmentConformance, DrawsWhereItStandsWithoutChangingIt) {
  // So many that a lander is on the ground, with what it touches.
  constexpr int64_t kFrames = 250;
  const auto environment = Make();
  const DrawingSize size = environment->drawing_size();
  if (size.width == 0) GTEST_SKIP() << GetParam() << " does not draw, which is allowed";
  const std::vector<Seen> unseen = Play(*Make(), 4, kFrames);
  std::vector<Seen> drawn = {ResetOf(*environment, 4)};
  // A size of the viewer's own, too.
  const DrawingSize small{64, 48};
  const std::vector<uint8_t> first = PictureOf(*environment, size);
  const std::vector<uint8_t> first_small = PictureOf(*environment, small);
  bool changes = false, small_changes = false;
  for (size_t step = 0; step + 1 < unseen.size(); ++step) {
    drawn.push_back(StepOf(*environment, 4, step));
    small_changes = PictureOf(*environment, small) != first_small || small_changes;
    if (step < 40 || step % 20 == 0) changes = PictureOf(*environment, size) != first || changes;
  }
  EXPECT_EQ(drawn, unseen);
  EXPECT_TRUE(changes);
  EXPECT_TRUE(small_changes);
}

}  // namespace
}  // namespace nyala
