// Checkpoint: all that a run needs to go on, and its form on disk.
//
// A checkpoint is a folder:
//   model.safetensors      the parameters by name
//   optimizer.safetensors  the optimizer's tensors
//   state.json             the counters
//   config.textproto       the resolved RunConfig
//   replay.bin             the columns kept for replay (learner/batches/replay_ring.h); only with
//                          checkpoint.replay
//   checksums.json         size and CRC-32C of each of the others
// Learners write it through CheckpointStore (learner/run/checkpoint_store.h); anyone may read it.
// Threads: any. Blocking: on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/system/file.h"
#include "learner/run/run_counters.h"
#include "learner/run/safetensors.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// Goes up when an older program could not read it.
inline constexpr uint64_t kCheckpointFormat = 1;

// An actor's place in the run, so that a resumed synchronous run gives it the same one.
struct ActorSlot {
  uint32_t actor = 0;
  uint32_t threads = 0;
  uint32_t envs_per_thread = 0;
  uint64_t first_environment = 0;
  // By rollout thread, opaque to the learner; empty when the run cannot be resumed bit by bit.
  std::vector<std::string> resume_states;
};

struct Checkpoint {
  RunConfig config;
  std::string run_id;
  uint64_t incarnation = 0;
  // `version` is that of `model`, `updates` names the checkpoint.
  RunCounters counters;
  // Stepped by the actors, whether trained on or not.
  uint64_t environment_frames = 0;
  // Wall time of all processes that worked on the run so far.
  double seconds = 0;
  // FlatParameters::layout() of `model`.
  uint64_t layout = 0;
  // The first environment index that no actor has had.
  uint64_t next_environment = 0;
  std::vector<ActorSlot> actors;
  std::vector<NamedTensor> model;
  std::vector<NamedTensor> optimizer;
  // replay.bin as it was read; empty for none.
  std::string replay;
  // Gives replay.bin while the checkpoint is written, so that it is never in memory as a whole;
  // null for none.
  ByteSource replay_source;
};

// Gives each file of the checkpoint's folder to `write`, checksums.json last. `write` takes all of
// the source, once; the first error ends it.
using FileWriter = std::function<absl::Status(const std::string& name, const ByteSource& source)>;
absl::Status EncodeCheckpoint(const Checkpoint& checkpoint, const FileWriter& write);

// Reads the folder `path` and verifies it. DataLoss: damaged or not complete; FailedPrecondition:
// another format, or another network than one of `layout` (not checked without). ResourceExhausted
// speaks of this process (its descriptors, its memory) and not of the checkpoint. All say why.
absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& path,
                                          std::optional<uint64_t> layout = std::nullopt);

// Only the config, verified. As ReadCheckpoint fails.
absl::StatusOr<RunConfig> ReadCheckpointConfig(const std::string& path);

// Only the counters (no config, no tensors), not verified: to look at a checkpoint cheaply.
absl::StatusOr<Checkpoint> ReadCheckpointState(const std::string& path);

}  // namespace nyala
