#include "learner/run/checkpoint.h"

#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/crc32c.h"
#include "common/base/status_macros.h"
#include "common/config/text.h"
#include "common/system/file.h"
#include "learner/run/checkpoint_state.h"
#include "learner/run/json_fields.h"

namespace nyala {
namespace {

constexpr char kModel[] = "model.safetensors";
constexpr char kOptimizer[] = "optimizer.safetensors";
constexpr char kState[] = "state.json";
constexpr char kConfig[] = "config.textproto";
constexpr char kReplay[] = "replay.bin";
constexpr char kChecksums[] = "checksums.json";
constexpr const char* kChecked[] = {kModel, kOptimizer, kState, kConfig};

using Files = std::map<std::string, std::string>;

// What checksums.json says of one file.
struct Checksum {
  uint64_t bytes = 0;
  uint32_t crc = 0;

  void Add(absl::string_view piece) {
    bytes += piece.size();
    crc = Crc32c(piece, crc);
  }
  nlohmann::json ToJson() const {
    return {{"bytes", bytes}, {"crc32c", absl::StrFormat("%08x", crc)}};
  }
};

nlohmann::json ChecksumOf(absl::string_view data) {
  Checksum checksum;
  checksum.Add(data);
  return checksum.ToJson();
}

// Compact, and compared as text: no byte of it can change unseen.
std::string ChecksumsText(const nlohmann::json& list) { return list.dump() + "\n"; }

std::string EncodeChecksums(const Files& files) {
  nlohmann::json list = nlohmann::json::object();
  for (const auto& [name, data] : files) list[name] = ChecksumOf(data);
  return ChecksumsText(list);
}

absl::Status DescribeMismatch(const Files& files, absl::string_view checksums) {
  const absl::StatusOr<nlohmann::json> stored = ParseJsonObject(checksums);
  if (!stored.ok()) return absl::DataLossError(absl::StrCat(kChecksums, " is damaged"));
  if (stored->contains(kReplay) && files.count(kReplay) == 0) {
    return absl::DataLossError(absl::StrCat(kReplay, " is missing"));
  }
  for (const auto& [name, data] : files) {
    if (!stored->contains(name) || stored->at(name) != ChecksumOf(data)) {
      return absl::DataLossError(absl::StrCat(name, " does not match its checksum"));
    }
  }
  return absl::DataLossError(absl::StrCat(kChecksums, " is damaged"));
}

absl::StatusOr<std::string> ReadPart(const std::string& path, const char* name) {
  absl::StatusOr<std::string> data = ReadFile(JoinPath(path, name));
  if (data.ok() || absl::IsResourceExhausted(data.status())) return data;
  return absl::DataLossError(data.status().message());
}

absl::StatusOr<Files> ReadFiles(const std::string& path) {
  Files files;
  for (const char* name : kChecked) {
    NYALA_ASSIGN_OR_RETURN(files[name], ReadPart(path, name));
  }
  if (PathExists(JoinPath(path, kReplay))) {
    NYALA_ASSIGN_OR_RETURN(files[kReplay], ReadPart(path, kReplay));
  }
  const absl::StatusOr<std::string> checksums = ReadPart(path, kChecksums);
  if (!checksums.ok()) return checksums.status();
  if (*checksums != EncodeChecksums(files)) return DescribeMismatch(files, *checksums);
  return files;
}

absl::StatusOr<std::vector<NamedTensor>> ParseTensors(const Files& files, const char* name) {
  absl::StatusOr<Safetensors> decoded = DecodeSafetensors(files.at(name));
  if (decoded.ok()) return std::move(decoded->tensors);
  return absl::InvalidArgumentError(absl::StrCat(name, " is ", decoded.status().message()));
}

absl::StatusOr<Checkpoint> Parse(Files files) {
  Checkpoint checkpoint;
  NYALA_RETURN_IF_ERROR(DecodeCheckpointState(files.at(kState), &checkpoint));
  NYALA_ASSIGN_OR_RETURN(checkpoint.config, ParseConfig(files.at(kConfig), kConfig));
  NYALA_ASSIGN_OR_RETURN(checkpoint.model, ParseTensors(files, kModel));
  NYALA_ASSIGN_OR_RETURN(checkpoint.optimizer, ParseTensors(files, kOptimizer));
  checkpoint.replay = std::move(files[kReplay]);
  return checkpoint;
}

absl::Status Refusal(const std::string& path, const absl::Status& why) {
  // What is on disk is at fault, not an argument.
  const absl::StatusCode code =
      why.code() == absl::StatusCode::kInvalidArgument ? absl::StatusCode::kDataLoss : why.code();
  return absl::Status(code, absl::StrCat("cannot use checkpoint ", path, ": ", why.message()));
}

}  // namespace

absl::Status EncodeCheckpoint(const Checkpoint& checkpoint, const FileWriter& write) {
  nlohmann::json checksums = nlohmann::json::object();
  const auto add = [&](const char* name, const ByteSource& source) {
    Checksum checksum;
    NYALA_RETURN_IF_ERROR(write(name, [&](const ByteSink& sink) {
      return source([&](absl::string_view piece) {
        checksum.Add(piece);
        return sink(piece);
      });
    }));
    checksums[name] = checksum.ToJson();
    return absl::OkStatus();
  };
  const auto text = [](const std::string& data) {
    return [data](const ByteSink& sink) { return sink(data); };
  };
  const std::map<std::string, std::string> metadata = {
      {"run_id", checkpoint.run_id}, {"updates", absl::StrCat(checkpoint.counters.updates)}};
  const auto tensors = [&metadata](const std::vector<NamedTensor>& list) {
    return [&](const ByteSink& sink) { return WriteSafetensors(list, metadata, sink); };
  };
  NYALA_RETURN_IF_ERROR(add(kModel, tensors(checkpoint.model)));
  NYALA_RETURN_IF_ERROR(add(kOptimizer, tensors(checkpoint.optimizer)));
  NYALA_RETURN_IF_ERROR(add(kState, text(EncodeCheckpointState(checkpoint))));
  NYALA_RETURN_IF_ERROR(add(kConfig, text(ToText(checkpoint.config))));
  if (checkpoint.replay_source) {
    NYALA_RETURN_IF_ERROR(add(kReplay, checkpoint.replay_source));
  }
  return write(kChecksums, text(ChecksumsText(checksums)));
}

absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& path, std::optional<uint64_t> layout) {
  absl::StatusOr<Files> files = ReadFiles(path);
  if (!files.ok()) return Refusal(path, files.status());
  absl::StatusOr<Checkpoint> checkpoint = Parse(*std::move(files));
  if (!checkpoint.ok()) return Refusal(path, checkpoint.status());
  if (layout.has_value() && checkpoint->layout != *layout) {
    return Refusal(path,
                   absl::FailedPreconditionError(absl::StrFormat(
                       "it holds a network of another shape than this configuration's (layout "
                       "%016x, not %016x), which nothing can take: start a new run",
                       checkpoint->layout, *layout)));
  }
  return checkpoint;
}

absl::StatusOr<RunConfig> ReadCheckpointConfig(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadPart(path, kConfig);
  if (!text.ok()) return Refusal(path, text.status());
  const absl::StatusOr<std::string> checksums = ReadPart(path, kChecksums);
  if (!checksums.ok()) return Refusal(path, checksums.status());
  const absl::StatusOr<nlohmann::json> stored = ParseJsonObject(*checksums);
  if (!stored.ok() || !stored->contains(kConfig) || stored->at(kConfig) != ChecksumOf(*text)) {
    return Refusal(path, DescribeMismatch({{kConfig, *text}}, *checksums));
  }
  absl::StatusOr<RunConfig> config = ParseConfig(*text, kConfig);
  return config.ok() ? config : Refusal(path, config.status());
}

absl::StatusOr<Checkpoint> ReadCheckpointState(const std::string& path) {
  NYALA_ASSIGN_OR_RETURN(const std::string text, ReadFile(JoinPath(path, kState)));
  Checkpoint checkpoint;
  const absl::Status status = DecodeCheckpointState(text, &checkpoint);
  if (!status.ok()) return Refusal(path, status);
  return checkpoint;
}

}  // namespace nyala
