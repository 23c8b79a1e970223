#include "learner/run/checkpoint.h"

#include <cmath>

#include "common/base/crc32c.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/learner/run/checkpoint_builder.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

class CheckpointTest : public testing::Test {
 protected:
  void WriteFiles(const Checkpoint& checkpoint) {
    for (const auto& [name, data] : FilesOf(checkpoint)) {
      ASSERT_TRUE(WriteFile(folder_ / name, data).ok());
    }
  }
  // Replaces one file and makes the checksums fit it.
  void Replace(const std::string& name, const std::string& data) {
    ASSERT_TRUE(WriteFile(folder_ / name, data).ok());
    auto checksums = nlohmann::json::parse(ReadFile(folder_ / "checksums.json").value());
    char crc[9];
    std::snprintf(crc, sizeof(crc), "%08x", Crc32c(data));
    checksums[name] = {{"bytes", data.size()}, {"crc32c", crc}};
    ASSERT_TRUE(WriteFile(folder_ / "checksums.json", checksums.dump() + "\n").ok());
  }
  absl::Status Read(std::optional<uint64_t> layout = std::nullopt) {
    return ReadCheckpoint(folder_.path(), layout).status();
  }

  ScratchDir folder_;
};

void ExpectSameTensors(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].shape, b[i].shape);
    EXPECT_EQ(a[i].values, b[i].values);
  }
}

TEST_F(CheckpointTest, EverythingComesBack) {
  const Checkpoint written = MakeCheckpoint(8);
  WriteFiles(written);
  const absl::StatusOr<Checkpoint> read = ReadCheckpoint(folder_.path(), written.layout);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->config.SerializeAsString(), written.config.SerializeAsString());
  EXPECT_EQ(read->run_id, written.run_id);
  EXPECT_EQ(read->incarnation, written.incarnation);
  EXPECT_EQ(read->counters.version, written.counters.version);
  EXPECT_EQ(read->counters.updates, written.counters.updates);
  EXPECT_EQ(read->counters.frames, written.counters.frames);
  EXPECT_EQ(read->environment_frames, written.environment_frames);
  EXPECT_EQ(read->seconds, written.seconds);
  EXPECT_EQ(read->counters.seconds_to_goal, written.counters.seconds_to_goal);
  EXPECT_EQ(read->counters.frames_to_goal, written.counters.frames_to_goal);
  EXPECT_EQ(read->layout, written.layout);
  EXPECT_EQ(read->next_environment, written.next_environment);
  EXPECT_EQ(read->counters.episodes.episodes(), 150u);
  EXPECT_EQ(read->counters.episodes.mean_return(), written.counters.episodes.mean_return());
  EXPECT_EQ(read->counters.episodes.mean_length(), written.counters.episodes.mean_length());
  EXPECT_EQ(read->counters.episodes.best_mean_return(),
            written.counters.episodes.best_mean_return());
  EXPECT_EQ(read->counters.policy_lag.count(), 11u);
  EXPECT_EQ(read->counters.policy_lag.Mean(), written.counters.policy_lag.Mean());
  EXPECT_EQ(read->counters.policy_lag.max(), 5000u);
  ASSERT_EQ(read->actors.size(), 2u);
  EXPECT_EQ(read->actors[0].actor, 0u);
  EXPECT_EQ(read->actors[0].threads, 2u);
  EXPECT_EQ(read->actors[0].envs_per_thread, 16u);
  EXPECT_EQ(read->actors[0].resume_states, written.actors[0].resume_states);
  EXPECT_EQ(read->actors[1].actor, 1u);
  EXPECT_EQ(read->actors[1].first_environment, 32u);
  EXPECT_TRUE(read->actors[1].resume_states.empty());
  ExpectSameTensors(read->model, written.model);
  ExpectSameTensors(read->optimizer, written.optimizer);
}

TEST_F(CheckpointTest, AFreshRunsUndefinedNumbersComeBackUndefined) {
  WriteFiles(Checkpoint());
  const absl::StatusOr<Checkpoint> read = ReadCheckpoint(folder_.path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->counters.seconds_to_goal, std::nullopt);
  EXPECT_EQ(read->counters.frames_to_goal, std::nullopt);
  EXPECT_TRUE(std::isnan(read->counters.episodes.mean_return()));
  EXPECT_TRUE(std::isnan(read->counters.episodes.best_mean_return()));
}

TEST_F(CheckpointTest, CountersAloneCanBeRead) {
  WriteFiles(MakeCheckpoint(8));
  const absl::StatusOr<Checkpoint> read = ReadCheckpointState(folder_.path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->counters.frames, 640u * 8);
  EXPECT_TRUE(read->model.empty());
}

TEST_F(CheckpointTest, AMissingFileIsNamed) {
  for (const auto& [name, data] : FilesOf(MakeCheckpoint(8))) {
    WriteFiles(MakeCheckpoint(8));
    ASSERT_TRUE(RemoveTree(folder_ / name).ok());
    EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(Read().message(), AllOf(HasSubstr("cannot use checkpoint " + folder_.path()),
                                        HasSubstr(name), HasSubstr("No such file")));
  }
}

TEST_F(CheckpointTest, EveryFlippedByteOfEveryFileIsRefused) {
  for (const auto& [name, data] : FilesOf(MakeCheckpoint(8))) {
    WriteFiles(MakeCheckpoint(8));
    // Each byte of the small files, some of the others.
    for (size_t i = 0; i < data.size(); i += 1 + data.size() / 100) {
      std::string damaged = data;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
      ASSERT_TRUE(WriteFile(folder_ / name, damaged).ok());
      EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss) << name << " " << i;
      // A damaged checksum puts the blame on the file that it is of.
      EXPECT_THAT(Read().message(), AnyOf(HasSubstr(name), HasSubstr("its checksum"))) << i;
    }
  }
}

TEST_F(CheckpointTest, ATruncatedFileIsRefused) {
  const auto files = FilesOf(MakeCheckpoint(8));
  for (const auto& [name, data] : files) {
    WriteFiles(MakeCheckpoint(8));
    for (const size_t size : {size_t{0}, data.size() / 2, data.size() - 1}) {
      ASSERT_TRUE(WriteFile(folder_ / name, data.substr(0, size)).ok());
      EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss) << name << " " << size;
    }
  }
}

// An empty one was taken for a configuration of nothing but defaults.
TEST_F(CheckpointTest, ItsConfigAloneIsVerified) {
  const Checkpoint written = MakeCheckpoint(8);
  WriteFiles(written);
  const auto read = ReadCheckpointConfig(folder_.path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), written.config.SerializeAsString());
  ASSERT_TRUE(WriteFile(folder_ / "config.textproto", "").ok());
  const absl::Status damaged = ReadCheckpointConfig(folder_.path()).status();
  EXPECT_TRUE(absl::IsDataLoss(damaged));
  EXPECT_THAT(std::string(damaged.message()),
              HasSubstr("config.textproto does not match its checksum"));
}

TEST_F(CheckpointTest, ReplayComesBackIfItWasKept) {
  Checkpoint written = MakeCheckpoint(8);
  written.counters.replayed_frames = 77;
  written.counters.replay_age.Add(12, 3);
  const std::string columns("\0 columns", 9);
  written.replay_source = [&columns](const ByteSink& sink) {
    NYALA_RETURN_IF_ERROR(sink(columns.substr(0, 4)));
    return sink(columns.substr(4));
  };
  WriteFiles(written);
  absl::StatusOr<Checkpoint> read = ReadCheckpoint(folder_.path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->replay, columns);
  EXPECT_EQ(read->counters.replayed_frames, 77u);
  EXPECT_EQ(read->counters.replay_age.Mean(), 12);

  ASSERT_TRUE(RemoveTree(folder_ / "replay.bin").ok());
  EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Read().message(), HasSubstr("replay.bin is missing"));
  ASSERT_TRUE(WriteFile(folder_ / "replay.bin", "other").ok());
  EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Read().message(), HasSubstr("replay.bin does not match its checksum"));
  // Nobody's file is not read either.
  WriteFiles(MakeCheckpoint(8));
  EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss);
}

TEST_F(CheckpointTest, AMistypedReplayIsRefused) {
  Checkpoint written = MakeCheckpoint(8);
  written.counters.replay_age.Add(12, 3);
  WriteFiles(written);
  const auto state = nlohmann::json::parse(ReadFile(folder_ / "state.json").value());
  const std::vector<std::pair<const char*, nlohmann::json>> changes = {
      {"/replay", 3}, {"/replay/frames", -1}, {"/replay/age", 3}, {"/replay/age/buckets/0", {1}}};
  for (const auto& [pointer, value] : changes) {
    auto changed = state;
    changed[nlohmann::json::json_pointer(pointer)] = value;
    Replace("state.json", changed.dump());
    EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss) << pointer;
  }
}

TEST_F(CheckpointTest, AnotherNetworkIsRefused) {
  WriteFiles(MakeCheckpoint(8));
  EXPECT_TRUE(Read(0xFEDCBA9876543210).ok());
  EXPECT_EQ(Read(1).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Read(1).message(), HasSubstr("a network of another shape than this configuration's "
                                           "(layout fedcba9876543210, not 0000000000000001)"));
}

TEST_F(CheckpointTest, AnotherFormatIsRefused) {
  WriteFiles(MakeCheckpoint(8));
  auto state = nlohmann::json::parse(ReadFile(folder_ / "state.json").value());
  state["format"] = 2;
  Replace("state.json", state.dump());
  EXPECT_EQ(Read().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Read().message(), HasSubstr("format 2, this program reads format 1"));
}

// What a foreign writer may get wrong though its checksums are right.
TEST_F(CheckpointTest, EveryMissingOrMistypedCounterIsNamed) {
  WriteFiles(MakeCheckpoint(8));
  const auto state = nlohmann::json::parse(ReadFile(folder_ / "state.json").value());
  for (const auto& [name, value] : state.items()) {
    auto missing = state;
    missing.erase(name);
    Replace("state.json", missing.dump());
    EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss) << name;
    EXPECT_THAT(Read().message(), HasSubstr("field '" + name + "'"));

    auto mistyped = state;
    mistyped[name] = {{"x", true}};
    Replace("state.json", mistyped.dump());
    EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss) << name;
  }
}

TEST_F(CheckpointTest, InconsistentEpisodesAndActorsAreRefused) {
  WriteFiles(MakeCheckpoint(8));
  const auto state = nlohmann::json::parse(ReadFile(folder_ / "state.json").value());
  const std::vector<std::pair<const char*, nlohmann::json>> changes = {
      {"/episodes/count", 3},
      {"/episodes/recent_returns/0", nullptr},
      {"/episodes/recent_lengths/0", -1},
      {"/policy_lag/buckets/0", {5000, 1}},
      {"/policy_lag/buckets/0", {1}},
      {"/actors/0/resume_states/0", "no base64!"},
      {"/actors/0/actor", uint64_t{1} << 40},
      {"/layout", "no hash"},
  };
  for (const auto& [pointer, value] : changes) {
    auto changed = state;
    changed[nlohmann::json::json_pointer(pointer)] = value;
    Replace("state.json", changed.dump());
    EXPECT_EQ(Read().code(), absl::StatusCode::kDataLoss) << pointer;
  }
}

TEST_F(CheckpointTest, AMalformedConfigOrTensorFileIsNamed) {
  WriteFiles(MakeCheckpoint(8));
  Replace("config.textproto", "seed: 1\nsede: 2\n");
  EXPECT_THAT(Read().message(), AllOf(HasSubstr("config.textproto:2:"), HasSubstr("sede")));
  WriteFiles(MakeCheckpoint(8));
  Replace("optimizer.safetensors", "nothing");
  EXPECT_THAT(Read().message(), HasSubstr("optimizer.safetensors is not a valid safetensors file"));
}

TEST_F(CheckpointTest, MetadataSayWhereTheTensorsCameFrom) {
  WriteFiles(MakeCheckpoint(8));
  const auto model = DecodeSafetensors(ReadFile(folder_ / "model.safetensors").value());
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model->metadata.at("run_id"), "20250131-235959-1f0c9a2b");
  EXPECT_EQ(model->metadata.at("updates"), "8");
}

}  // namespace
}  // namespace nyala
