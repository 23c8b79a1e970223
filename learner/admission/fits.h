// Whether a run fits its machine, worked out before anything is allocated.
//
// What is counted is what the run is certain to take, so that nothing is refused that could go
// well; activations and the environments' own memory come on top. CheckFits is pure. Threads: any.
// Blocking: MeasureMachine reads a few files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/rl/unroll.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// What there is.
struct MachineRoom {
  int64_t memory_bytes = 0;  // UsableMemoryBytes
  int64_t disk_bytes = 0;    // free for us where the run folder is
};
MachineRoom MeasureMachine(const std::string& run_dir);

struct RunSize {
  RunConfig config;  // resolved and valid
  std::string run_dir;
  // Unrolls of the actors that the configuration describes: E is actor.envs_per_thread.
  UnrollSpec unroll;
  // Columns of a usual batch of a2c and ppo.
  int64_t columns = 0;
  int shards = 1;
  // Trainable ones; before the network is made, LeastParameters.
  int64_t parameters = 0;
  // What an actor sends as a gradient; as LearnerCore::Options.
  int64_t gradient_values = 0;
  // Whether the actors run on this machine, too.
  bool actors_here = false;
};

// Bytes of what a rollout thread submits at a time.
double MessageBytes(const RunConfig& config, const UnrollSpec& unroll, int64_t gradient_values);

// What a batch that is as wide as its members may take: batch.max_bytes, or half of the memory.
int64_t MostBatchBytes(const RunConfig& config, int64_t memory_bytes);

// Parameters that the run's network has at least, by its configured widths.
int64_t LeastParameters(const RunConfig& config, const TensorSpec& observation);

// InvalidArgument in one line with the figure, the field and the fix: messages above
// transport.max_message_bytes, batches above batch.max_bytes, memory, or the disk for one
// checkpoint. What only comes close goes into `notes`, a line each, unless that is null.
absl::Status CheckFits(const RunSize& size, const MachineRoom& room,
                       std::vector<std::string>* notes);

}  // namespace nyala
