#include "actor/vector_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <tuple>

#include "common/base/random.h"
#include "common/rl/episode_rows.h"
#include "tests/fakes/faulty_environment.h"
#include "tests/fakes/scripted_environment.h"
#include "tests/support/count_allocations.h"

namespace nyala {
namespace {

// Rows of E environments, stepped with actions that are a function of (environment, row).
class Rows {
 public:
  explicit Rows(const VectorEnvOptions& options) : options_(options) {
    RegisterScriptedEnvironments();
    auto made = MakeVectorEnv(options);
    EXPECT_TRUE(made.ok()) << made.status();
    vector_ = *std::move(made);
    const EnvSpec& spec = vector_->spec();
    now.resize(options.E * spec.observation.bytes());
    next = now;
    flags.resize(options.E);
    next_flags.resize(options.E);
    rewards.resize(options.E);
    actions.resize(options.E);
    EXPECT_TRUE(vector_->Reset(now.data(), flags.data()).ok());
  }

  // Steps from the row at hand; afterwards `flags`, `rewards` and `ends` tell of that row until
  // Advance makes the next one the row at hand.
  void Step() {
    for (int64_t e = 0; e < options_.E; ++e) {
      actions[e] = static_cast<int32_t>(
          RandomBits(1, options_.first_environment + e, row, RandomPurpose::kTest) %
          vector_->spec().action.n);
      // A final row's action must not reach the environment.
      if ((flags[e] & kRowFinal) != 0) actions[e] = 999;
    }
    ends.clear();
    const absl::Status stepped =
        vector_->Step({reinterpret_cast<const uint8_t*>(actions.data()), flags.data(),
                       rewards.data(), next.data(), next_flags.data()},
                      &ends);
    EXPECT_TRUE(stepped.ok()) << stepped;
  }
  void Advance() {
    std::swap(now, next);
    std::swap(flags, next_flags);
    ++row;
  }
  std::vector<uint8_t> ObservationOf(int64_t e) const {
    const int64_t bytes = vector_->spec().observation.bytes();
    return {now.begin() + e * bytes, now.begin() + (e + 1) * bytes};
  }
  float Value(int64_t e, int64_t i) const {
    float value = 0;
    std::memcpy(&value, now.data() + e * vector_->spec().observation.bytes() + i * sizeof(float),
                sizeof(value));
    return value;
  }
  VectorEnv& vector() { return *vector_; }

  std::vector<uint8_t> now, next, flags, next_flags;
  std::vector<float> rewards;
  std::vector<int32_t> actions;
  std::vector<EpisodeEnd> ends;
  uint64_t row = 0;

 private:
  const VectorEnvOptions options_;
  std::unique_ptr<VectorEnv> vector_;
};

VectorEnvOptions OptionsFor(const std::string& id, int64_t E, uint64_t first_environment = 0) {
  VectorEnvOptions options;
  options.id = id;
  options.E = E;
  options.seed = 42;
  options.first_environment = first_environment;
  return options;
}

float MarkOfEpisode(uint64_t environment, uint64_t episode) {
  return ScriptedEnvironment::SeedMark(
      RandomBits(42, environment, episode, RandomPurpose::kEpisodeSeed));
}

TEST(VectorEnv, TerminationIsFollowedByTheNextEpisode) {
  Rows rows(OptionsFor("Ending2", 1, 7));
  const std::vector<uint8_t> wanted_flags = {kRowFirst, kRowTerminated, kRowFirst, kRowTerminated};
  const std::vector<float> wanted_frames = {0, 1, 0, 1};
  const std::vector<float> wanted_rewards = {1, 2, 1, 2};
  for (size_t t = 0; t < wanted_flags.size(); ++t) {
    SCOPED_TRACE(t);
    EXPECT_EQ(rows.Value(0, 0), wanted_frames[t]);
    EXPECT_EQ(rows.Value(0, 1), MarkOfEpisode(7, t / 2));
    rows.Step();
    EXPECT_EQ(rows.flags[0], wanted_flags[t]);
    EXPECT_EQ(rows.rewards[0], wanted_rewards[t]);
    ASSERT_EQ(rows.ends.size(), t % 2);
    if (!rows.ends.empty()) {
      EXPECT_EQ(rows.ends[0].result.episode_return, 3);
      EXPECT_EQ(rows.ends[0].result.length, 2u);
      EXPECT_FALSE(rows.ends[0].result.truncated);
    }
    rows.Advance();
  }
}

TEST(VectorEnv, TruncationIsFollowedByItsFinalObservation) {
  Rows rows(OptionsFor("Truncating3", 1, 7));
  const std::vector<uint8_t> wanted_flags = {kRowFirst, 0, kRowTruncated, kRowFinal,
                                             kRowFirst, 0, kRowTruncated, kRowFinal};
  for (size_t t = 0; t < wanted_flags.size(); ++t) {
    SCOPED_TRACE(t);
    EXPECT_EQ(rows.Value(0, 0), static_cast<float>(t % 4));
    EXPECT_EQ(rows.Value(0, 1), MarkOfEpisode(7, t / 4));
    rows.Step();
    EXPECT_EQ(rows.flags[0], wanted_flags[t]);
    EXPECT_EQ(rows.rewards[0], t % 4 == 3 ? 0 : static_cast<float>(t % 4 + 1));
    ASSERT_EQ(rows.ends.size(), t % 4 == 2 ? 1u : 0u);
    if (!rows.ends.empty()) {
      EXPECT_EQ(rows.ends[0].result.episode_return, 6);
      EXPECT_EQ(rows.ends[0].result.length, 3u);
      EXPECT_TRUE(rows.ends[0].result.truncated);
    }
    rows.Advance();
  }
}

TEST(VectorEnv, ALimitOfTheRunsTruncatesWhatHasNotEndedByThen) {
  VectorEnvOptions options = OptionsFor("Ending2", 1);
  options.max_episode_frames = 1;
  Rows rows(options);
  for (int episode = 0; episode < 3; ++episode) {
    rows.Step();
    EXPECT_EQ(rows.flags[0], kRowFirst | kRowTruncated);
    ASSERT_EQ(rows.ends.size(), 1u);
    EXPECT_EQ(rows.ends[0].result.length, 1u);
    EXPECT_TRUE(rows.ends[0].result.truncated);
    rows.Advance();
    EXPECT_EQ(rows.flags[0], kRowFinal);
    EXPECT_EQ(rows.Value(0, 0), 1);
    rows.Step();
    rows.Advance();
  }
  // An end of the episode's own at that very frame stays one.
  options.max_episode_frames = 2;
  Rows ending(options);
  ending.Step();
  ending.Advance();
  ending.Step();
  EXPECT_EQ(ending.flags[0], kRowTerminated);
}

TEST(VectorEnv, FlagsAlwaysFollowFromEachOther) {
  for (const char* id : {"CartPole-v0", "Catch", "TwoState", "Truncating3"}) {
    Rows rows(OptionsFor(id, 5));
    std::vector<uint8_t> previous;
    for (int t = 0; t < 500; ++t) {
      rows.Step();
      for (int64_t e = 0; e < 5; ++e) {
        ASSERT_TRUE(RowFlagsValid(rows.flags[e]));
        if (t > 0) {
          ASSERT_TRUE(RowFollows(previous[e], rows.flags[e]));
        }
      }
      previous = rows.flags;
      rows.Advance();
    }
  }
}

TEST(VectorEnv, ResultsDoNotDependOnBatching) {
  for (const char* id : {"CartPole-v1", "Catch", "TwoState", "Truncating3"}) {
    SCOPED_TRACE(id);
    Rows together(OptionsFor(id, 8, 100));
    std::vector<Rows> alone;
    for (uint64_t e = 0; e < 8; ++e) alone.emplace_back(OptionsFor(id, 1, 100 + e));
    for (int t = 0; t < 200; ++t) {
      together.Step();
      size_t ends = 0;
      for (int64_t e = 0; e < 8; ++e) {
        ASSERT_EQ(together.ObservationOf(e), alone[e].now);
        alone[e].Step();
        ASSERT_EQ(together.flags[e], alone[e].flags[0]);
        ASSERT_EQ(together.rewards[e], alone[e].rewards[0]);
        ends += alone[e].ends.size();
        alone[e].Advance();
      }
      ASSERT_EQ(together.ends.size(), ends);
      together.Advance();
    }
  }
}

TEST(VectorEnv, EnvironmentsDiffer) {
  Rows rows(OptionsFor("CartPole-v1", 2));
  EXPECT_NE(rows.ObservationOf(0), rows.ObservationOf(1));
}

TEST(VectorEnv, SavedStateContinuesExactly) {
  for (const char* id : {"CartPole-v0", "Catch", "TwoState", "Ending2"}) {
    SCOPED_TRACE(id);
    Rows rows(OptionsFor(id, 4));
    for (int t = 0; t < 201; ++t) {
      rows.Step();
      rows.Advance();
    }
    std::string state;
    rows.vector().SaveState(&state);
    Rows resumed(OptionsFor(id, 4));
    resumed.now = rows.now;
    resumed.flags = rows.flags;
    resumed.row = rows.row;
    ASSERT_TRUE(
        resumed.vector().RestoreState(state, resumed.now.data(), resumed.flags.data()).ok());
    for (int t = 0; t < 300; ++t) {
      rows.Step();
      resumed.Step();
      ASSERT_EQ(rows.now, resumed.now);
      ASSERT_EQ(rows.flags, resumed.flags);
      ASSERT_EQ(rows.rewards, resumed.rewards);
      ASSERT_EQ(rows.ends.size(), resumed.ends.size());
      for (size_t i = 0; i < rows.ends.size(); ++i) {
        EXPECT_EQ(rows.ends[i].result.episode_return, resumed.ends[i].result.episode_return);
        EXPECT_EQ(rows.ends[i].result.length, resumed.ends[i].result.length);
      }
      rows.Advance();
      resumed.Advance();
    }
  }
}

TEST(VectorEnv, WhatCannotBeSavedStartsItsNextEpisode) {
  Rows rows(OptionsFor("Truncating3", 1, 7));
  rows.Step();
  rows.Advance();
  std::string state;
  rows.vector().SaveState(&state);
  Rows resumed(OptionsFor("Truncating3", 1, 7));
  ASSERT_TRUE(resumed.vector().RestoreState(state, resumed.now.data(), resumed.flags.data()).ok());
  EXPECT_EQ(resumed.flags[0], kRowFirst);
  EXPECT_EQ(resumed.Value(0, 0), 0);
  EXPECT_EQ(resumed.Value(0, 1), MarkOfEpisode(7, 1));
}

TEST(VectorEnv, ForeignStateIsRefused) {
  Rows rows(OptionsFor("CartPole-v1", 2));
  std::string state;
  rows.vector().SaveState(&state);
  Rows three(OptionsFor("CartPole-v1", 3));
  const auto restore = [](Rows& into, const std::string& bytes) {
    return into.vector().RestoreState(bytes, into.now.data(), into.flags.data());
  };
  EXPECT_TRUE(absl::IsInvalidArgument(restore(three, state)));
  for (size_t size = 0; size < state.size(); ++size) {
    EXPECT_TRUE(absl::IsInvalidArgument(restore(rows, state.substr(0, size)))) << size;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(restore(rows, state + "x")));
  EXPECT_TRUE(restore(rows, state).ok());
}

TEST(VectorEnv, EveryStepOfAnEnvironmentWaits) {
  VectorEnvOptions options = OptionsFor("Truncating3", 4);
  options.step_wait_seconds = 0.25;
  std::vector<double> waits;
  options.wait = [&waits](double seconds) { waits.push_back(seconds); };
  Rows waiting(options), plain(OptionsFor("Truncating3", 4));
  EXPECT_TRUE(waits.empty());
  for (int t = 0; t < 8; ++t) {
    waiting.Step();
    plain.Step();
    EXPECT_EQ(waiting.next, plain.next);
    EXPECT_EQ(waiting.rewards, plain.rewards);
    waiting.Advance();
    plain.Advance();
  }
  // Row 3 of each episode is final: nothing is stepped there.
  EXPECT_EQ(waits, (std::vector<double>{1, 1, 1, 0, 1, 1, 1, 0}));
}

TEST(VectorEnv, UnknownEnvironmentIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(MakeVectorEnv(OptionsFor("NoSuchThing", 1)).status()));
}

TEST(VectorEnv, AFailureNamesTheEnvironment) {
  RegisterFaultyEnvironment();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"nan_reward", "its reward is nan"},
      {"nan_observation", "value 1 of its observation is nan"},
      {"fail", "the simulator is gone"},
      {"throw", "the simulator | gave up"},
      {"throw_text", "the simulator is tired"},
      {"both_ends", "its step is both terminated and truncated"},
      {"spec", "its spec has changed"},
  };
  for (const auto& [fault, words] : cases) {
    const std::string id = "Faulty,after=2,fault=" + fault;
    const auto environments = MakeVectorEnv(OptionsFor(id, 1, 37));
    ASSERT_TRUE(environments.ok()) << environments.status();
    std::vector<float> observations(2), rewards(1);
    std::vector<uint8_t> flags(1), next_flags(1);
    std::vector<EpisodeEnd> ends;
    const int32_t action = 0;
    auto* const row = reinterpret_cast<uint8_t*>(observations.data());
    ASSERT_TRUE((*environments)->Reset(row, flags.data()).ok());
    absl::Status status;
    for (int t = 0; t < 3; ++t) {
      EXPECT_TRUE(status.ok()) << status;
      status = (*environments)
                   ->Step({reinterpret_cast<const uint8_t*>(&action), flags.data(), rewards.data(),
                           row, next_flags.data()},
                          &ends);
    }
    EXPECT_EQ(status, absl::InternalError("environment '" + id + "' (number 37): " + words));
  }
}

TEST(VectorEnv, InstancesOfUnlikeSpecsAreRefused) {
  RegisterFaultyEnvironment();
  EXPECT_EQ(
      MakeVectorEnv(OptionsFor("Faulty,fault=other_spec", 3, 37)).status(),
      absl::InternalError("environment 'Faulty,fault=other_spec' (number 38): its spec is not "
                          "that of another instance of it"));
}

TEST(VectorEnv, StepAllocatesNothing) {
  Rows rows(OptionsFor("CartPole-v1", 16));
  rows.ends.reserve(16);
  const Allocations before = AllocationsOfThisThread();
  for (int t = 0; t < 1000; ++t) {
    rows.Step();
    rows.Advance();
  }
  EXPECT_TRUE(AllocationsOfThisThread() == before);
}

using Watched = std::tuple<uint64_t, double, bool>;

// What a watcher sees in `rows` rows of two environments.
std::vector<Watched> WatchRows(const std::string& id, int rows) {
  std::vector<Watched> seen;
  VectorEnvOptions options = OptionsFor(id, 2);
  options.watch = [&](const WatchedRow& row) {
    EXPECT_EQ(row.environment.spec().id, id);
    seen.emplace_back(row.frame, row.episode_return, row.ended);
    return absl::OkStatus();
  };
  Rows vector(options);
  for (int i = 0; i < rows; ++i) {
    vector.Step();
    vector.Advance();
  }
  return seen;
}

TEST(VectorEnv, AWatcherSeesEveryFrameOfColumn0TheLastBeforeTheNextEpisode) {
  EXPECT_THAT(WatchRows("Ending2", 3),
              testing::ElementsAre(Watched{0, 0, false}, Watched{1, 1, false}, Watched{2, 3, true},
                                   Watched{0, 0, false}, Watched{1, 1, false}));
  EXPECT_THAT(
      WatchRows("Truncating3", 5),
      testing::ElementsAre(Watched{0, 0, false}, Watched{1, 1, false}, Watched{2, 3, false},
                           Watched{3, 6, true}, Watched{0, 0, false}, Watched{1, 1, false}));
}

TEST(VectorEnv, AWatchersErrorEndsTheStep) {
  VectorEnvOptions options = OptionsFor("Ending2", 1);
  options.watch = [](const WatchedRow& row) {
    return row.frame == 1 ? absl::ResourceExhaustedError("no room") : absl::OkStatus();
  };
  RegisterScriptedEnvironments();
  const auto vector = *MakeVectorEnv(options);
  std::vector<uint8_t> now(8), next(8);
  uint8_t flags = 0, next_flags = 0;
  float reward = 0;
  const int32_t action = 0;
  std::vector<EpisodeEnd> ends;
  ASSERT_TRUE(vector->Reset(now.data(), &flags).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(vector->Step(
      {reinterpret_cast<const uint8_t*>(&action), &flags, &reward, next.data(), &next_flags},
      &ends)));
}

}  // namespace
}  // namespace nyala
