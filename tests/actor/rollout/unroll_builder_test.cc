#include "actor/rollout/unroll_builder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>

#include "actor/environment_registry.h"
#include "common/base/random.h"
#include "common/rl/episode_rows.h"
#include "tests/fakes/fake_inference.h"
#include "tests/fakes/scripted_environment.h"

namespace nyala {
namespace {

constexpr uint64_t kSeed = 5;

std::unique_ptr<UnrollBuilder> MakeBuilder(const std::string& id, int64_t T, int64_t E,
                                           int64_t state_size = 0, uint64_t first = 0) {
  RegisterScriptedEnvironments();
  VectorEnvOptions environment;
  environment.id = id;
  environment.E = E;
  environment.seed = kSeed;
  environment.first_environment = first;
  UnrollBuilderOptions options;
  options.T = T;
  options.state_size = state_size;
  options.seed = kSeed;
  options.first_environment = first;
  return std::make_unique<UnrollBuilder>(options, *MakeVectorEnv(environment));
}

// Row t of column e of something with `bytes` a column.
std::vector<uint8_t> Cell(const Unroll& unroll, const void* data, int64_t bytes, int64_t t,
                          int64_t e) {
  const auto* start = static_cast<const uint8_t*>(data) + (t * unroll.spec.E + e) * bytes;
  return {start, start + bytes};
}

std::vector<uint8_t> Observation(const Unroll& unroll, int64_t t, int64_t e) {
  return Cell(unroll, unroll.observations.data(), unroll.spec.observation.bytes(), t, e);
}

float FrameOf(const Unroll& unroll, int64_t t) {
  float frame = 0;
  std::memcpy(&frame, Observation(unroll, t, 0).data(), sizeof(frame));
  return frame;
}

TEST(UnrollBuilder, UnrollsAreValidAndContinueEachOther) {
  for (const char* id : {"CartPole-v0", "Catch", "TwoState", "Truncating3", "Ending2"}) {
    SCOPED_TRACE(id);
    auto builder = MakeBuilder(id, 7, 3, 2);
    FakeInference inference(builder->spec().action, 2);
    Unroll previous(builder->spec()), unroll(builder->spec());
    for (int k = 0; k < 60; ++k) {
      ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
      ASSERT_TRUE(ValidateUnroll(unroll.view(), builder->spec()).ok())
          << ValidateUnroll(unroll.view(), builder->spec());
      for (int64_t e = 0; e < 3; ++e) {
        if (k == 0) {
          EXPECT_EQ(unroll.flags[e] & kRowFirst, kRowFirst);
          continue;
        }
        ASSERT_EQ(Observation(unroll, 0, e), Observation(previous, 7, e));
        ASSERT_TRUE(RowFollows(previous.flags[6 * 3 + e], unroll.flags[e]));
      }
      std::swap(previous, unroll);
    }
  }
}

TEST(UnrollBuilder, TruncationInTheLastRowPutsTheFinalRowIntoTheNextUnroll) {
  auto builder = MakeBuilder("Truncating3", 3, 1);
  FakeInference inference(builder->spec().action);
  Unroll unroll(builder->spec());
  ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
  EXPECT_EQ(unroll.flags, (std::vector<uint8_t>{kRowFirst, 0, kRowTruncated}));
  // The learner's bootstrap row is the final observation itself.
  EXPECT_EQ(FrameOf(unroll, 3), 3);
  ASSERT_EQ(unroll.episodes.size(), 1u);
  EXPECT_EQ(unroll.episodes[0].length, 3u);

  ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
  EXPECT_EQ(unroll.flags, (std::vector<uint8_t>{kRowFinal, kRowFirst, 0}));
  EXPECT_EQ(FrameOf(unroll, 0), 3);
  EXPECT_EQ(FrameOf(unroll, 1), 0);
  EXPECT_EQ(unroll.rewards[0], 0);
  EXPECT_TRUE(unroll.episodes.empty());
}

TEST(UnrollBuilder, TerminationInTheLastRowStartsTheNextUnrollAfresh) {
  auto builder = MakeBuilder("Ending2", 2, 1, 1);
  FakeInference inference(builder->spec().action, 1);
  Unroll unroll(builder->spec());
  for (int k = 0; k < 3; ++k) {
    ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
    EXPECT_EQ(unroll.flags, (std::vector<uint8_t>{kRowFirst, kRowTerminated}));
    EXPECT_EQ(FrameOf(unroll, 0), 0);
    EXPECT_EQ(FrameOf(unroll, 2), 0);
    // Already reset: row 0 is an episode's first.
    EXPECT_EQ(unroll.initial_state[0], 0);
  }
}

TEST(UnrollBuilder, InitialStateIsTheRecurrentStateBeforeRowZero) {
  // The state counts rows since the last reset; an episode and its final row are four rows.
  auto builder = MakeBuilder("Truncating3", 3, 1, 2);
  FakeInference inference(builder->spec().action, 2);
  Unroll unroll(builder->spec());
  for (const float wanted : {0.0f, 3.0f, 2.0f, 1.0f, 0.0f, 3.0f}) {
    ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
    EXPECT_EQ(unroll.initial_state, (std::vector<float>{wanted, wanted}));
  }
}

TEST(UnrollBuilder, ARestartBeginsTheNextEpisodesWithoutResults) {
  auto builder = MakeBuilder("Truncating3", 5, 2, 1);
  FakeInference inference(builder->spec().action, 1);
  Unroll unroll(builder->spec());
  // Two episodes of three frames and a final row, and two frames of the third.
  ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
  ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
  ASSERT_TRUE(builder->Restart().ok());
  ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
  EXPECT_EQ(FrameOf(unroll, 0), 0);
  for (int64_t e = 0; e < 2; ++e) {
    EXPECT_EQ(unroll.flags[e], kRowFirst);
    EXPECT_EQ(unroll.initial_state[e], 0);
    float mark = 0;
    std::memcpy(&mark, Observation(unroll, 0, e).data() + sizeof(mark), sizeof(mark));
    EXPECT_EQ(mark,
              ScriptedEnvironment::SeedMark(RandomBits(kSeed, e, 3, RandomPurpose::kEpisodeSeed)));
  }
  ASSERT_EQ(unroll.episodes.size(), 2u);
  for (const EpisodeResult& episode : unroll.episodes) {
    EXPECT_EQ(episode.length, 3u);
    EXPECT_EQ(episode.episode_return, 6);
  }
}

TEST(UnrollBuilder, ResultsDoNotDependOnBatching) {
  for (const char* id : {"CartPole-v0", "Catch", "TwoState"}) {
    SCOPED_TRACE(id);
    auto together = MakeBuilder(id, 11, 8, 1, 40);
    std::vector<std::unique_ptr<UnrollBuilder>> alone;
    for (uint64_t e = 0; e < 8; ++e) alone.push_back(MakeBuilder(id, 11, 1, 1, 40 + e));
    FakeInference inference(together->spec().action, 1);
    Unroll wide(together->spec()), narrow(alone[0]->spec());
    for (int k = 0; k < 30; ++k) {
      ASSERT_TRUE(together->Collect(inference, &wide).ok());
      for (int64_t e = 0; e < 8; ++e) {
        ASSERT_TRUE(alone[e]->Collect(inference, &narrow).ok());
        EXPECT_EQ(wide.initial_state[e], narrow.initial_state[0]);
        for (int64_t t = 0; t < 11; ++t) {
          ASSERT_EQ(Observation(wide, t, e), Observation(narrow, t, 0));
          ASSERT_EQ(Cell(wide, wide.actions.data(), 4, t, e),
                    Cell(narrow, narrow.actions.data(), 4, t, 0));
          ASSERT_EQ(wide.flags[t * 8 + e], narrow.flags[t]);
          ASSERT_EQ(wide.rewards[t * 8 + e], narrow.rewards[t]);
        }
      }
    }
  }
}

TEST(UnrollBuilder, SavedStateContinuesExactly) {
  for (const char* id : {"CartPole-v0", "Catch", "TwoState", "Ending2"}) {
    SCOPED_TRACE(id);
    auto builder = MakeBuilder(id, 9, 4, 3);
    FakeInference inference(builder->spec().action, 3);
    Unroll unroll(builder->spec()), resumed_unroll(builder->spec());
    for (int k = 0; k < 30; ++k) ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
    std::string state;
    builder->SaveState(&state);
    auto resumed = MakeBuilder(id, 9, 4, 3);
    ASSERT_TRUE(resumed->RestoreState(state).ok());
    for (int k = 0; k < 30; ++k) {
      ASSERT_TRUE(builder->Collect(inference, &unroll).ok());
      ASSERT_TRUE(resumed->Collect(inference, &resumed_unroll).ok());
      ASSERT_EQ(unroll.observations, resumed_unroll.observations);
      ASSERT_EQ(unroll.actions, resumed_unroll.actions);
      ASSERT_EQ(unroll.flags, resumed_unroll.flags);
      ASSERT_EQ(unroll.initial_state, resumed_unroll.initial_state);
      ASSERT_EQ(unroll.episodes.size(), resumed_unroll.episodes.size());
    }
  }
}

TEST(UnrollBuilder, ForeignStateIsRefused) {
  std::string state;
  MakeBuilder("Catch", 5, 2, 1)->SaveState(&state);
  EXPECT_TRUE(MakeBuilder("Catch", 9, 2, 1)->RestoreState(state).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(MakeBuilder("Catch", 5, 3, 1)->RestoreState(state)));
  EXPECT_TRUE(absl::IsInvalidArgument(MakeBuilder("Catch", 5, 2, 2)->RestoreState(state)));
  EXPECT_TRUE(absl::IsInvalidArgument(MakeBuilder("TwoState", 5, 2, 1)->RestoreState(state)));
  for (size_t size = 0; size < state.size(); ++size) {
    auto builder = MakeBuilder("Catch", 5, 2, 1);
    EXPECT_FALSE(builder->RestoreState(absl::string_view(state).substr(0, size)).ok()) << size;
  }
}

// Fails after a number of rows.
class FailingInference : public FakeInference {
 public:
  FailingInference(const ActionSpec& action, int rows) : FakeInference(action), left_(rows) {}
  absl::Status Act(const ActRow& row) override {
    if (left_-- == 0) return absl::InternalError("not finite");
    return FakeInference::Act(row);
  }

 private:
  int left_;
};

// A stopped actor went on for minutes where a step takes seconds.
TEST(UnrollBuilder, StopsBetweenSteps) {
  const auto builder = MakeBuilder("CartPole-v1", 1000, 1);
  std::atomic<bool> stop{false};
  class Stopping : public FakeInference {
   public:
    Stopping(const ActionSpec& action, std::atomic<bool>* stop)
        : FakeInference(action), stop_(stop) {}
    absl::Status Act(const ActRow& row) override {
      *stop_ = ++rows == 3;
      return FakeInference::Act(row);
    }
    int rows = 0;

   private:
    std::atomic<bool>* const stop_;
  } inference(builder->spec().action, &stop);
  Unroll unroll(builder->spec());
  EXPECT_TRUE(absl::IsCancelled(builder->Collect(inference, &unroll, &stop)));
  EXPECT_EQ(inference.rows, 3);
}

TEST(UnrollBuilder, PassesOnWhatInferenceSays) {
  auto builder = MakeBuilder("Catch", 5, 2);
  FailingInference inference(builder->spec().action, 7);
  Unroll unroll(builder->spec());
  EXPECT_TRUE(builder->Collect(inference, &unroll).ok());
  EXPECT_TRUE(absl::IsInternal(builder->Collect(inference, &unroll)));
}

}  // namespace
}  // namespace nyala
