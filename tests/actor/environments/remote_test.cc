#include "actor/environments/remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <utility>

#include "common/base/random.h"
#include "common/rl/episode_rows.h"
#include "tests/fakes/environment_server.h"
#include "tests/fakes/scripted_environment.h"

namespace nyala {
namespace {

using testing::HasSubstr;

VectorEnvOptions OptionsFor(const std::string& id, int64_t E) {
  RegisterScriptedEnvironments();
  VectorEnvOptions options;
  options.id = id;
  options.E = E;
  options.seed = 7;
  options.first_environment = 100;
  return options;
}

// Valid actions of one row.
std::vector<uint8_t> Actions(const ActionSpec& spec, int64_t E, uint64_t row) {
  std::vector<uint8_t> actions(E * spec.bytes());
  RandomSequence random(row);
  for (int64_t i = 0; i < E * spec.elements(); ++i) {
    const int64_t element = i % spec.elements();
    const bool continuous = spec.kind == ActionSpec::Kind::kContinuous;
    const auto real =
        static_cast<float>(continuous ? random.Uniform(spec.low[element], spec.high[element]) : 0);
    const auto whole = static_cast<int32_t>(continuous ? 0 : random.Below(spec.values(element)));
    const void* const from = continuous ? static_cast<const void*>(&real) : &whole;
    std::memcpy(actions.data() + i * 4, from, 4);
  }
  return actions;
}

// Everything that `rows` rows of a VectorEnv show.
struct Played {
  std::vector<uint8_t> observations, flags;
  std::vector<float> rewards, ends;
  absl::Status status;
};

Played Play(VectorEnv& environments, int rows) {
  const int64_t E = environments.size();
  const int64_t bytes = E * environments.spec().observation.bytes();
  Played played;
  std::vector<uint8_t> now(bytes), flags(E), next_flags(E);
  std::vector<float> rewards(E);
  std::vector<EpisodeEnd> ends;
  played.status = environments.Reset(now.data(), flags.data());
  for (int row = 0; row < rows && played.status.ok(); ++row) {
    played.observations.insert(played.observations.end(), now.begin(), now.end());
    const std::vector<uint8_t> actions = Actions(environments.spec().action, E, row);
    played.status = environments.Step(
        {actions.data(), flags.data(), rewards.data(), now.data(), next_flags.data()}, &ends);
    played.flags.insert(played.flags.end(), flags.begin(), flags.end());
    played.rewards.insert(played.rewards.end(), rewards.begin(), rewards.end());
    flags = next_flags;
  }
  for (const EpisodeEnd& end : ends) {
    played.ends.insert(
        played.ends.end(),
        {static_cast<float>(end.column), static_cast<float>(end.result.episode_return),
         static_cast<float>(end.result.length), static_cast<float>(end.result.truncated)});
  }
  return played;
}

class SameRowsTest : public testing::TestWithParam<std::pair<const char*, uint64_t>> {};

TEST_P(SameRowsTest, AsInThisProcess) {
  const auto [id, max_episode_frames] = GetParam();
  VectorEnvOptions options = OptionsFor(id, 5);
  options.max_episode_frames = max_episode_frames;
  const auto here = MakeVectorEnv(options);
  ASSERT_TRUE(here.ok()) << here.status();
  const TestEnvironmentServer server(id);
  options.id = "grpc:" + server.address();
  const auto there = MakeVectorEnv(options);
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_EQ((*there)->spec().id, options.id);
  EXPECT_EQ((*there)->spec().max_episode_steps, (*here)->spec().max_episode_steps);
  // Twice: what is under way is abandoned.
  for (int i = 0; i < 2; ++i) {
    const Played wanted = Play(**here, 250), got = Play(**there, 250);
    ASSERT_TRUE(got.status.ok()) << got.status;
    EXPECT_EQ(got.observations, wanted.observations);
    EXPECT_EQ(got.flags, wanted.flags);
    EXPECT_EQ(got.rewards, wanted.rewards);
    EXPECT_EQ(got.ends, wanted.ends);
    EXPECT_FALSE(wanted.ends.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Remote, SameRowsTest,
    testing::Values(std::make_pair("CartPole-v1", 0), std::make_pair("CartPole-v1", 9),
                    std::make_pair("Truncating3", 0), std::make_pair("Pendulum-v1", 0),
                    std::make_pair("MatchDials", 0), std::make_pair("MinAtar/Breakout-v0", 0)));

class RemoteTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<VectorEnv>> Make(const std::string& arguments = "",
                                                  double timeout_seconds = 60) {
    VectorEnvOptions options = OptionsFor("grpc:" + server_.address() + arguments, 2);
    options.step_timeout_seconds = timeout_seconds;
    return MakeVectorEnv(options);
  }
  // What playing fails with, by the server's doing at reply number 3.
  std::string Failure(const std::function<grpc::Status(wire::PlayReply*)>& alter,
                      double timeout_seconds = 60) {
    server_.SetAlter([=](int64_t n, wire::PlayReply* reply) {
      return n == 3 ? alter(reply) : grpc::Status::OK;
    });
    const auto environments = Make("", timeout_seconds);
    EXPECT_TRUE(environments.ok()) << environments.status();
    const Played played = Play(**environments, 10);
    // Whatever it is, it must not look like a lost learner.
    EXPECT_TRUE(absl::IsInternal(played.status)) << played.status;
    const std::string message(played.status.message());
    EXPECT_THAT(message, HasSubstr("environment 'grpc:" + server_.address() + "' (number 10"));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }

  TestEnvironmentServer server_{"CartPole-v1"};
};

TEST_F(RemoteTest, WrongSizesAreNamed) {
  const auto resized = [this](std::string* (wire::PlayReply::*field)()) {
    return Failure([=](wire::PlayReply* reply) {
      (reply->*field)()->pop_back();
      return grpc::Status::OK;
    });
  };
  EXPECT_THAT(resized(&wire::PlayReply::mutable_observations),
              HasSubstr("31 bytes of 'observations' where its spec makes it 32"));
  EXPECT_THAT(resized(&wire::PlayReply::mutable_rewards), HasSubstr("'rewards'"));
  EXPECT_THAT(resized(&wire::PlayReply::mutable_terminated), HasSubstr("'terminated'"));
  EXPECT_THAT(resized(&wire::PlayReply::mutable_truncated), HasSubstr("'truncated'"));
}

TEST_F(RemoteTest, WrongValuesAreNamed) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Failure([=](wire::PlayReply* reply) {
                std::memcpy(&(*reply->mutable_rewards())[4], &nan, 4);
                return grpc::Status::OK;
              }),
              HasSubstr("(number 101): its reward is nan"));
  EXPECT_THAT(Failure([=](wire::PlayReply* reply) {
                std::memcpy(&(*reply->mutable_observations())[8], &nan, 4);
                return grpc::Status::OK;
              }),
              HasSubstr("(number 100): value 2 of its observation is nan"));
  EXPECT_THAT(Failure([](wire::PlayReply* reply) {
                *reply->mutable_terminated() = *reply->mutable_truncated() = std::string(2, 1);
                return grpc::Status::OK;
              }),
              HasSubstr("its step is both terminated and truncated"));
}

TEST_F(RemoteTest, TheServersWordsReachTheUser) {
  EXPECT_THAT(Failure([](wire::PlayReply*) {
                return grpc::Status(grpc::StatusCode::UNKNOWN, "Traceback:\n  boom");
              }),
              HasSubstr("the server says: Traceback: |   boom"));
  EXPECT_THAT(
      Failure([](wire::PlayReply*) { return grpc::Status(grpc::StatusCode::CANCELLED, "enough"); }),
      HasSubstr("the server says: enough"));
}

TEST_F(RemoteTest, AServerThatDoesNotAnswerIsLate) {
  EXPECT_THAT(Failure(
                  [this](wire::PlayReply*) {
                    server_.Hang();
                    return grpc::Status::OK;
                  },
                  2),
              HasSubstr("did not answer within 2 s (environment.step_timeout_seconds)"));
}

TEST_F(RemoteTest, ASpecThatChangedIsRefused) {
  server_.SetAlter([](int64_t, wire::PlayReply* reply) {
    if (reply->has_spec()) reply->mutable_spec()->mutable_action()->set_n(3);
    return grpc::Status::OK;
  });
  const auto environments = Make();
  ASSERT_TRUE(environments.ok()) << environments.status();
  EXPECT_THAT(std::string(Play(**environments, 1).status.message()),
              HasSubstr("not the one that it described before"));
}

TEST_F(RemoteTest, ASpecThatCannotBeIsRefused) {
  wire::EnvironmentSpec spec;
  spec.mutable_observation()->set_type(wire::ObservationSpec::FLOAT32);
  spec.mutable_action()->set_kind(wire::ActionSpaceSpec::DISCRETE);
  server_.SetSpec(spec);
  const absl::Status status = Make().status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("environment 'grpc:" + server_.address() + "': spec field 'action.n'"));
}

TEST_F(RemoteTest, TheNameReachesTheServer) {
  const auto environments = Make(",name=hard");
  ASSERT_TRUE(environments.ok()) << environments.status();
  EXPECT_EQ(server_.name(), "hard");
}

TEST_F(RemoteTest, ResumedEnvironmentsStartTheirNextEpisodes) {
  const auto first = Make(), second = Make();
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(Play(**first, 30).status.ok());
  std::string state;
  (*first)->SaveState(&state);
  std::vector<uint8_t> continued(2 * 16), restarted(2 * 16), flags(2);
  ASSERT_TRUE((*second)->RestoreState(state, continued.data(), flags.data()).ok());
  EXPECT_EQ(flags, (std::vector<uint8_t>{kRowFirst, kRowFirst}));
  ASSERT_TRUE((*first)->Reset(restarted.data(), flags.data()).ok());
  EXPECT_EQ(continued, restarted);
  EXPECT_TRUE(absl::IsInvalidArgument(
      (*second)->RestoreState(state + "x", continued.data(), flags.data())));
}

TEST(Remote, AServerThatIsNotThereIsNamed) {
  const ScratchDir dir;
  VectorEnvOptions options = OptionsFor("grpc:unix:" + dir / "nobody", 1);
  options.step_timeout_seconds = 0.1;
  const absl::Status status = MakeVectorEnv(options).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no server answers at unix:" + dir / "nobody"));
}

TEST(Remote, AServerThatGoesAwayIsNamed) {
  auto server = std::make_unique<TestEnvironmentServer>("CartPole-v1");
  const auto environments = MakeVectorEnv(OptionsFor("grpc:" + server->address(), 1));
  ASSERT_TRUE(environments.ok());
  ASSERT_TRUE(Play(**environments, 3).status.ok());
  server.reset();
  EXPECT_THAT(std::string(Play(**environments, 3).status.message()),
              HasSubstr("(number 100): the server"));
}

TEST(Remote, WhatTheIdLacksIsNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"grpc:192.0.2.1:5005", "add ,ca=FILE for TLS"},
      {"grpc:192.0.2.1:5005,ca=/no/such.pem", "/no/such.pem"},
      {"grpc:127.0.0.1", "has no port"},
      {"grpc:127.0.0.1:5,token_file=/no/such", "/no/such"},
      {"grpc:127.0.0.1:5,insecur=true", "insecure"},
  };
  for (const auto& [id, words] : cases) {
    const absl::Status status = MakeVectorEnv(OptionsFor(id, 1)).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(words)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("environment '" + id + "'")) << status;
  }
}

}  // namespace
}  // namespace nyala
