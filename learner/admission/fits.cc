#include "learner/admission/fits.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/counted.h"
#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/rl/choices.h"
#include "common/system/file.h"
#include "common/system/machine.h"
#include "common/wire/memory.h"

namespace nyala {
namespace {

constexpr double kFloat = 4;
// Part of the memory that there is: a run that takes more is worth a note.
constexpr double kWorthTelling = 0.7;

// All of the estimates are doubles: products of what a configuration may say go beyond 64 bits.
std::string Amount(double bytes) {
  if (bytes >= 1e12) return absl::StrFormat("%.1f TB", bytes / 1e12);
  if (bytes >= 1e9) return absl::StrFormat("%.1f GB", bytes / 1e9);
  if (bytes >= 1e6) return absl::StrFormat("%.1f MB", bytes / 1e6);
  return absl::StrFormat("%.1f kB", bytes / 1e3);
}

// Bytes of one environment's part of an unroll; the sum of UnrollSpec::bytes.
double ColumnBytes(const UnrollSpec& unroll) {
  const auto rows = static_cast<double>(unroll.T);
  return (rows + 1) * static_cast<double>(unroll.observation.bytes()) +
         rows * static_cast<double>(unroll.action.bytes() + 4 + 4 + 1) +
         kFloat * static_cast<double>(unroll.state_size);
}

double UnrollBytes(const UnrollSpec& unroll) {
  return static_cast<double>(unroll.E) * ColumnBytes(unroll);
}

double BatchBytes(const RunSize& size) {
  const BatchConfig& batch = size.config.batch();
  switch (UpdateRuleOf(size.config)) {
    case UpdateRule::kAsynchronous:
      return ColumnBytes(size.unroll) * batch.columns() * batch.slabs();
    case UpdateRule::kSynchronous:
      return ColumnBytes(size.unroll) * static_cast<double>(size.columns);
    case UpdateRule::kActorGradients:
      return kFloat * static_cast<double>(size.gradient_values) * batch.slabs();
    case UpdateRule::kWholeSessions:
      break;  // as long as sessions turn out to be
  }
  return 0;
}

double ReplayBytes(const RunSize& size) {
  const BatchConfig& batch = size.config.batch();
  return batch.replay_fraction() > 0 ? ColumnBytes(size.unroll) * batch.replay_columns() : 0;
}

// Vectors as long as the parameters that the optimizer keeps, for checkpoints.
int OptimizerVectors(const RunConfig& config) {
  const OptimizerConfig& optimizer = config.optimizer();
  const int target = config.algorithm().target_period() > 1 ? 1 : 0;
  if (optimizer.name() == "adam") return 2 + target;
  return 1 + (optimizer.momentum() > 0 ? 1 : 0) + target;
}

double ParameterBytes(const RunSize& size) {
  // The published snapshot; on the CPU also the values, what the optimizer keeps and computes, and
  // a gradient for each shard.
  const int vectors =
      size.config.device() == "cpu" ? 3 + OptimizerVectors(size.config) + size.shards : 1;
  return kFloat * static_cast<double>(size.parameters) * vectors;
}

// Each rollout thread has an unroll and a network.
double ActorBytes(const RunSize& size) {
  const ActorConfig& actor = size.config.actor();
  const double threads = static_cast<double>(actor.actors()) * actor.threads();
  return threads * (UnrollBytes(size.unroll) + kFloat * static_cast<double>(size.parameters));
}

struct Part {
  const char* name;
  double bytes;
  const char* fix;
};

std::vector<Part> MemoryParts(const RunSize& size) {
  const bool turns = TakesTurns(size.config);
  std::vector<Part> parts = {
      {"batches", BatchBytes(size),
       turns ? "lower actor.envs_per_thread or batch.unroll_length"
             : "lower batch.columns, batch.unroll_length or batch.slabs"},
      {"replay", ReplayBytes(size), "lower batch.replay_columns"},
      {"parameters", ParameterBytes(size), "use a smaller network or a lower batch.shards"}};
  if (size.actors_here) {
    parts.push_back(
        {"actors", ActorBytes(size), "lower actor.actors, actor.threads or actor.envs_per_thread"});
  }
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.bytes > b.bytes; });
  return parts;
}

absl::Status CheckMessages(const RunSize& size) {
  const auto limit = static_cast<double>(size.config.transport().max_message_bytes());
  if (UpdateRuleOf(size.config) == UpdateRule::kActorGradients) {
    const double gradient = kFloat * static_cast<double>(size.gradient_values);
    if (gradient <= limit) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrFormat(
        "a gradient of %d values is a message of %s, more than transport.max_message_bytes = %.0f; "
        "raise that, or use a smaller network or another algorithm than %s",
        size.gradient_values, Amount(gradient), limit, size.config.algorithm().name()));
  }
  const double unroll = UnrollBytes(size.unroll);
  if (unroll <= limit) return absl::OkStatus();
  const auto fit = static_cast<int64_t>(limit / ColumnBytes(size.unroll));
  return absl::InvalidArgumentError(absl::StrFormat(
      "an unroll of actor.envs_per_thread = %d environments and batch.unroll_length = %d is a "
      "message of %s, more than transport.max_message_bytes = %.0f; lower %s, or raise the limit",
      size.unroll.E, size.unroll.T, Amount(unroll), limit,
      fit > 0 ? absl::StrCat("actor.envs_per_thread to ", fit) : "batch.unroll_length"));
}

absl::Status CheckMessageMemory(const RunSize& size, const MachineRoom& room) {
  const ActorConfig& actor = size.config.actor();
  const int64_t actors = std::max(1, actor.actors());
  const int64_t threads = actors * actor.threads();
  const double needed = MessageMemoryNeeded(
      actors, threads, MessageBytes(size.config, size.unroll, size.gradient_values));
  const int64_t limit = MessageMemory(size.config.transport(), room.memory_bytes);
  const auto there = static_cast<double>(room.memory_bytes);
  if (size.config.transport().memory_bytes() > room.memory_bytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("transport.memory_bytes is %d but there is %s on this machine or for its "
                        "cgroup; lower it",
                        limit, Amount(there)));
  }
  if (needed <= static_cast<double>(limit)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "the messages of %s take at least %.0f bytes on their way in, more than the %d that "
      "transport.memory_bytes allows (0: a quarter of the memory); %slower actor.actors, "
      "actor.threads or actor.envs_per_thread",
      Counted(threads, "rollout thread"), std::ceil(needed), limit,
      needed <= there ? "raise it, or " : ""));
}

absl::Status CheckBatch(const RunSize& size, const MachineRoom& room) {
  if (!IsSynchronous(size.config)) return absl::OkStatus();
  const int64_t set = size.config.batch().max_bytes();
  const auto limit = static_cast<double>(MostBatchBytes(size.config, room.memory_bytes));
  const double bytes = BatchBytes(size);
  if (bytes <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "the batch of the %d columns of the actors takes %s, more than batch.max_bytes = %d allows "
      "(%s%s); lower actor.actors, actor.threads, actor.envs_per_thread or batch.unroll_length, or "
      "raise batch.max_bytes",
      size.columns, Amount(bytes), set, Amount(limit), set > 0 ? "" : ", half of the memory"));
}

absl::Status CheckMemory(const RunSize& size, const MachineRoom& room,
                         std::vector<std::string>* notes) {
  const std::vector<Part> parts = MemoryParts(size);
  double all = 0;
  std::vector<std::string> said;
  for (const Part& part : parts) {
    all += part.bytes;
    if (part.bytes >= 1e6) said.push_back(absl::StrCat(part.name, " ", Amount(part.bytes)));
  }
  const auto there = static_cast<double>(room.memory_bytes);
  if (all <= kWorthTelling * there) return absl::OkStatus();
  const std::string figures =
      absl::StrCat(Amount(all), " of memory (", absl::StrJoin(said, ", "), ")");
  if (all <= there) {
    if (notes != nullptr) {
      notes->push_back(
          absl::StrCat("the run takes at least ", figures, " of the ", Amount(there), " there is"));
    }
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the run takes at least ", figures, " but there is ", Amount(there),
                   " on this machine or for its cgroup; ", parts.front().fix));
}

absl::Status CheckDisk(const RunSize& size, const MachineRoom& room) {
  double bytes =
      kFloat * static_cast<double>(size.parameters) * (1 + OptimizerVectors(size.config));
  std::string fix = "free some, or choose another --run";
  if (size.config.checkpoint().replay()) {
    bytes += ReplayBytes(size);
    fix += ", or set checkpoint.replay=false";
  }
  if (bytes <= static_cast<double>(room.disk_bytes)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("one checkpoint takes ", Amount(bytes), " but the file system of ", size.run_dir,
                   " has ", Amount(static_cast<double>(room.disk_bytes)), " left; ", fix));
}

// Parameters of the first dense layer of a network for images, which has most of them: what its
// convolutions leave of the image (common/nn/torso/image.cc), times its width. 0: another network.
double LeastImageParameters(const NetworkConfig& network, const TensorSpec& observation) {
  if (observation.shape.size() < 2) return 0;
  double size[2];
  for (int i = 0; i < 2; ++i) {
    const auto extent = static_cast<double>(observation.shape[observation.shape.size() - 2 + i]);
    double left = extent;
    if (network.name() == "nature") left = ((extent - 8) / 4 + 1 - 4) / 2 + 1 - 2;
    if (network.name() == "impala_shallow") left = ((extent - 8) / 4 + 1 - 4) / 2 + 1;
    if (network.name() == "impala_deep") left = extent / 8;
    if (network.name() == "minatar") left = extent - 2;
    size[i] = std::max(0.0, left - 1);
  }
  const double area = size[0] * size[1];
  if (network.name() == "nature") return 64 * area * 512;
  if (network.name() == "impala_shallow" || network.name() == "impala_deep") {
    return 32 * area * 256;
  }
  if (network.name() == "minatar") return 16 * area * 128;
  return 0;
}

}  // namespace

MachineRoom MeasureMachine(const std::string& run_dir) {
  MachineRoom room;
  room.memory_bytes = UsableMemoryBytes();
  // The folder may not be there yet: it will be on its nearest parent's file system.
  std::filesystem::path folder(run_dir);
  while (!folder.empty() && !PathExists(folder.string())) folder = folder.parent_path();
  struct statvfs disk = {};
  room.disk_bytes = std::numeric_limits<int64_t>::max();
  // A file system that says nothing of its size, as some network ones, sets no bound.
  if (statvfs(folder.empty() ? "." : folder.c_str(), &disk) == 0 && disk.f_blocks > 0) {
    room.disk_bytes = static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
  }
  return room;
}

double MessageBytes(const RunConfig& config, const UnrollSpec& unroll, int64_t gradient_values) {
  return UpdateRuleOf(config) == UpdateRule::kActorGradients
             ? kFloat * static_cast<double>(gradient_values)
             : UnrollBytes(unroll);
}

int64_t MostBatchBytes(const RunConfig& config, int64_t memory_bytes) {
  const int64_t set = config.batch().max_bytes();
  return set > 0 ? set : memory_bytes / 2;
}

int64_t LeastParameters(const RunConfig& config, const TensorSpec& observation) {
  const NetworkConfig& network = config.network();
  if (network.name() != "mlp" && network.name() != "cnn") {
    return static_cast<int64_t>(std::min(LeastImageParameters(network, observation), 0x1p62));
  }
  // What goes into the first layer of a "cnn" is as its strides make it.
  double width = network.name() == "mlp"
                     ? static_cast<double>(observation.elements()) * network.frame_stack()
                     : 0;
  double parameters = 0;
  for (const int hidden : network.hidden()) {
    parameters += width * hidden;
    width = hidden;
  }
  if (!network.shared_trunk()) parameters *= 2;
  const Core core_kind = CoreOf(network).value_or(Core::kNone);
  if (core_kind != Core::kNone) {
    const double gates = core_kind == Core::kLstm ? 4 : 3;
    const double core = network.core_size();
    parameters += gates * core * (width + core + (network.core_layers() - 1) * 2 * core);
  }
  return static_cast<int64_t>(std::min(parameters, 0x1p62));
}

absl::Status CheckFits(const RunSize& size, const MachineRoom& room,
                       std::vector<std::string>* notes) {
  NYALA_RETURN_IF_ERROR(CheckMessages(size));
  NYALA_RETURN_IF_ERROR(CheckBatch(size, room));
  NYALA_RETURN_IF_ERROR(CheckMemory(size, room, notes));
  NYALA_RETURN_IF_ERROR(CheckMessageMemory(size, room));
  return CheckDisk(size, room);
}

}  // namespace nyala
