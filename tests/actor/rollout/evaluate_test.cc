#include "actor/rollout/evaluate.h"

#include <gtest/gtest.h>

#include "actor/environment_registry.h"
#include "actor/rollout/unroll_builder.h"
#include "common/base/random.h"
#include "tests/fakes/fake_inference.h"
#include "tests/fakes/scripted_environment.h"
#include "tests/support/network_parameters.h"

namespace nyala {
namespace {

EvalOptions OptionsFor(const std::string& id, int64_t episodes) {
  RegisterScriptedEnvironments();
  EvalOptions options;
  options.config.mutable_environment()->set_id(id);
  options.episodes = episodes;
  options.seed = 4;
  return options;
}

std::vector<EpisodeResult> EvaluateFake(const EvalOptions& options) {
  StopSource stop;
  const auto result = Evaluate(options, FakeInferenceFactory(1), ParameterSnapshot{1, 0, {}}, stop);
  EXPECT_TRUE(result.ok()) << result.status();
  return result->episodes;
}

TEST(Evaluate, PlaysExactlyTheEpisodesAskedFor) {
  for (const int64_t episodes : {1, 5, 32, 33, 100}) {
    const auto results = EvaluateFake(OptionsFor("Ending2", episodes));
    ASSERT_EQ(results.size(), static_cast<size_t>(episodes));
    for (const EpisodeResult& result : results) {
      EXPECT_EQ(result.episode_return, 3);
      EXPECT_EQ(result.length, 2u);
      EXPECT_FALSE(result.truncated);
    }
  }
}

TEST(Evaluate, CountsTruncatedEpisodesWithoutTheirFinalRow) {
  for (const EpisodeResult& result : EvaluateFake(OptionsFor("Truncating3", 40))) {
    EXPECT_EQ(result.episode_return, 6);
    EXPECT_EQ(result.length, 3u);
    EXPECT_TRUE(result.truncated);
  }
}

// The first `quota` episodes of one environment, played by itself.
void PlayAlone(const EvalOptions& options, uint64_t environment, size_t quota,
               std::vector<EpisodeResult>* results) {
  VectorEnvOptions vector;
  vector.id = options.config.environment().id();
  vector.seed = RandomBits(options.seed, 0, 0, RandomPurpose::kEvaluation);
  vector.first_environment = environment;
  UnrollBuilderOptions builder_options;
  builder_options.T = 1;
  builder_options.state_size = 1;
  builder_options.seed = vector.seed;
  builder_options.first_environment = environment;
  UnrollBuilder builder(builder_options, *MakeVectorEnv(vector));
  FakeInference inference(builder.spec().action, 1);
  ASSERT_TRUE(inference.Load(ParameterSnapshot{1, 0, {}}).ok());
  Unroll unroll(builder.spec());
  for (size_t played = 0; played < quota;) {
    ASSERT_TRUE(builder.Collect(inference, &unroll).ok());
    for (const EpisodeResult& episode : unroll.episodes) {
      results->push_back(episode);
      ++played;
    }
  }
}

TEST(Evaluate, DoesNotPreferShortEpisodes) {
  // TwoState's episodes are of any length: what counts are each environment's first ones.
  const EvalOptions options = OptionsFor("TwoState", 80);
  std::vector<EpisodeResult> wanted;
  for (uint64_t e = 0; e < 32; ++e) PlayAlone(options, e, e < 16 ? 3 : 2, &wanted);
  const auto results = EvaluateFake(options);
  ASSERT_EQ(results.size(), wanted.size());
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].length, wanted[i].length) << i;
    EXPECT_EQ(results[i].episode_return, wanted[i].episode_return) << i;
  }
}

TEST(Evaluate, SeedDecides) {
  EvalOptions options = OptionsFor("CartPole-v1", 20);
  const auto returns = [](const std::vector<EpisodeResult>& results) {
    std::vector<double> values;
    for (const EpisodeResult& result : results) values.push_back(result.episode_return);
    return values;
  };
  const auto first = returns(EvaluateFake(options));
  EXPECT_EQ(returns(EvaluateFake(options)), first);
  options.seed = 5;
  EXPECT_NE(returns(EvaluateFake(options)), first);
}

EvalResult EvaluateAll(const EvalOptions& options) {
  StopSource stop;
  auto result = Evaluate(options, FakeInferenceFactory(1), ParameterSnapshot{1, 0, {}}, stop);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

// Nothing ends an episode of Endless but a limit.
TEST(Evaluate, EpisodesThatNeverEndAreCutAndCounted) {
  EvalOptions options = OptionsFor("Endless", 2);
  EvalResult result = EvaluateAll(options);
  EXPECT_EQ(result.cut, 2);
  EXPECT_EQ(result.cut_frames, kUnendingFrames);
  options.max_episode_frames = 7;
  result = EvaluateAll(options);
  EXPECT_EQ(result.cut, 2);
  for (const EpisodeResult& episode : result.episodes) EXPECT_EQ(episode.length, 7u);
}

TEST(Evaluate, SessionsAreCutWhereTrainingCutThem) {
  EvalOptions options = OptionsFor("Endless", 3);
  options.config.mutable_algorithm()->set_name("reinforce");
  options.config.mutable_batch()->set_max_session_frames(11);
  const EvalResult result = EvaluateAll(options);
  EXPECT_EQ(result.cut, 3);
  for (const EpisodeResult& episode : result.episodes) EXPECT_EQ(episode.length, 11u);
}

TEST(Evaluate, AnEnvironmentsOwnLimitIsNoCut) {
  EXPECT_EQ(EvaluateAll(OptionsFor("Truncating3", 4)).cut, 0);
  EXPECT_EQ(EvaluateAll(OptionsFor("Ending2", 4)).cut, 0);
}

TEST(Evaluate, StopsWhenAsked) {
  StopSource stop;
  stop.RequestStop("test");
  EXPECT_TRUE(absl::IsCancelled(
      Evaluate(OptionsFor("Catch", 10), FakeInferenceFactory(), ParameterSnapshot{1, 0, {}}, stop)
          .status()));
}

TEST(Evaluate, RefusesWhatDoesNotFit) {
  StopSource stop;
  const ParameterSnapshot none;
  EXPECT_TRUE(absl::IsInvalidArgument(Evaluate(OptionsFor("Catch", 0), none, stop).status()));
  EXPECT_TRUE(absl::IsNotFound(Evaluate(OptionsFor("NoSuchThing", 1), none, stop).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Evaluate(OptionsFor("Catch", 1), none, stop).status()));
}

TEST(Evaluate, PlaysANetwork) {
  EvalOptions options = OptionsFor("Catch", 50);
  const EnvSpec env = (*Environments().Create("Catch"))->spec();
  StopSource stop;
  for (const bool greedy : {false, true}) {
    options.greedy = greedy;
    const auto result =
        Evaluate(options, InitialParameters(options.config.network(), env, 1), stop);
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->episodes.size(), 50u);
    for (const EpisodeResult& episode : result->episodes) EXPECT_EQ(episode.length, 9u);
  }
}

TEST(Evaluate, WhoIsWatchedPlaysOneEpisodeAfterTheOther) {
  EvalOptions options = OptionsFor("Catch", 3);
  std::vector<double> returns;
  uint64_t frames = 0;
  options.watch = [&](const WatchedRow& row) {
    ++frames;
    if (row.ended) returns.push_back(row.episode_return);
    return absl::OkStatus();
  };
  const std::vector<EpisodeResult> results = EvaluateFake(options);
  ASSERT_EQ(returns.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(returns[i], results[i].episode_return);
  // With the start of the next one.
  EXPECT_EQ(frames, 3 * 10 + 1u);
}

TEST(Evaluate, WhatDoesNotDrawCannotBeWatched) {
  EvalOptions options = OptionsFor("Ending2", 1);
  options.watch = [](const WatchedRow&) { return absl::OkStatus(); };
  StopSource stop;
  const auto result = Evaluate(options, FakeInferenceFactory(1), ParameterSnapshot{1, 0, {}}, stop);
  EXPECT_TRUE(absl::IsFailedPrecondition(result.status()));
  EXPECT_NE(result.status().message().find("'Ending2' does not draw"), std::string::npos);
}

}  // namespace
}  // namespace nyala
