// Assembly: the batch assembler that a run's update rule asks for, and its replay.
//
// Pure wiring: which options come from which fields of RunConfig. Threads: any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "learner/batches/batch_assembler.h"
#include "learner/batches/replay.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct AssemblyOptions {
  RunConfig config;  // resolved and valid
  UnrollSpec unroll;
  int shards = 1;
  // Most of one session (SessionFrames); of runs of whole sessions only.
  int64_t session_frames = 0;
  // Columns that there may be where a batch is as wide as its members; 0: any number.
  int64_t most_columns = 0;
  // Where the run stands.
  uint64_t version = 1;
  uint64_t updates = 0;
  // What a resumed run left of its replay (ReplayRing::Encode); empty for nothing.
  std::string replay;
};

struct Assembly {
  std::shared_ptr<BatchAssembler> assembler;
  std::shared_ptr<Replay> replay;  // null without one
};

// Fails as Replay::Create and Replay::Restore do.
absl::StatusOr<Assembly> MakeAssembly(const AssemblyOptions& options);

// What a joined column takes of memory where a batch is as wide as its members; 0 elsewhere.
int64_t ColumnBytes(const RunConfig& config, const UnrollSpec& spec, int64_t session_frames);

// Width of a usual batch, in columns of batch.unroll_length rows, to choose shards for. Where
// actors and learner take turns, a batch is as wide as its members.
int64_t UsualColumns(const RunConfig& config, int64_t session_frames);

}  // namespace nyala
