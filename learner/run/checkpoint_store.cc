#include "learner/run/checkpoint_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/system/descriptors.h"
#include "common/system/log.h"

namespace nyala {
namespace {

constexpr char kBest[] = "best";
// Everything that may be left by an interrupted write begins with it.
constexpr char kAside[] = ".partial-";

bool IsCheckpointName(absl::string_view name) {
  uint64_t updates = 0;
  return absl::c_all_of(name, absl::ascii_isdigit) && absl::SimpleAtoi(name, &updates) &&
         CheckpointName(updates) == name;
}

// What "best" names; "" when there is none.
std::string ReadMark(const std::string& folder) {
  const std::string path = JoinPath(folder, kBest);
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof(target));
  if (length > 0) return std::string(target, static_cast<size_t>(length));
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return "";
  const absl::string_view name = absl::StripAsciiWhitespace(*text);
  return IsCheckpointName(name) ? std::string(name) : "";
}

// The name that `wanted` means, or "" when there is no such checkpoint.
std::string Resolve(const std::string& folder, const std::string& wanted,
                    const std::vector<std::string>& names) {
  if (wanted.empty()) return names.empty() ? "" : names.back();
  if (wanted == kBest) {
    const std::string best = ReadMark(folder);
    return !best.empty() && PathExists(JoinPath(folder, best)) ? best : "";
  }
  uint64_t updates = 0;
  if (!absl::SimpleAtoi(wanted, &updates)) return "";
  const std::string name = CheckpointName(updates);
  return std::binary_search(names.begin(), names.end(), name) ? name : "";
}

}  // namespace

// Twelve digits sort like numbers for a few hundred years of training.
std::string CheckpointName(uint64_t updates) { return absl::StrFormat("%012d", updates); }

absl::StatusOr<std::vector<std::string>> ListCheckpoints(const std::string& folder) {
  if (!PathExists(folder)) return std::vector<std::string>();
  NYALA_ASSIGN_OR_RETURN(std::vector<std::string> names, ListFolder(folder));
  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& name) { return !IsCheckpointName(name); }),
              names.end());
  return names;
}

absl::StatusOr<std::string> NewestGoodCheckpoint(const std::string& folder,
                                                 std::optional<uint64_t> layout) {
  NYALA_ASSIGN_OR_RETURN(std::vector<std::string> names, ListCheckpoints(folder));
  for (; !names.empty(); names.pop_back()) {
    const absl::Status read = ReadCheckpoint(JoinPath(folder, names.back()), layout).status();
    if (read.ok()) return names.back();
    if (absl::IsResourceExhausted(read)) return read;
  }
  return absl::NotFoundError(absl::StrCat("there is no good checkpoint in ", folder));
}

absl::StatusOr<Checkpoint> LoadCheckpoint(const std::string& folder, const std::string& name,
                                          std::optional<uint64_t> layout) {
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListCheckpoints(folder));
  const std::string found = Resolve(folder, name, names);
  if (found.empty()) {
    if (names.empty()) return absl::NotFoundError(absl::StrCat("no checkpoint in ", folder));
    return absl::NotFoundError(absl::StrCat("no checkpoint '", name, "' in ", folder,
                                            "; there are: ", absl::StrJoin(names, ", ")));
  }
  absl::StatusOr<Checkpoint> checkpoint = ReadCheckpoint(JoinPath(folder, found), layout);
  if (checkpoint.ok()) return checkpoint;
  const absl::StatusOr<std::string> good = NewestGoodCheckpoint(folder, layout);
  std::string instead;
  if (good.ok()) {
    instead = absl::StrCat("; the newest good checkpoint is ", *good, ": --checkpoint=", *good,
                           " plays it, and without ", found, " a resumed run goes on from it");
  } else if (!absl::IsFailedPrecondition(checkpoint.status())) {
    instead = absl::StrCat("; ", good.status().message());
  }
  return absl::Status(checkpoint.status().code(),
                      absl::StrCat(checkpoint.status().message(), instead));
}

CheckpointStore::CheckpointStore(std::string folder, CheckpointStoreOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {}

absl::StatusOr<CheckpointStore> CheckpointStore::Open(const std::string& folder,
                                                      CheckpointStoreOptions options) {
  NYALA_CHECK(options.keep >= 1, "at least one checkpoint must be kept");
  NYALA_RETURN_IF_ERROR(MakeDirs(folder));
  CheckpointStore store(folder, std::move(options));
  NYALA_RETURN_IF_ERROR(store.RemoveLeftovers());
  store.FindBest();
  return store;
}

absl::Status CheckpointStore::RemoveLeftovers() {
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder_));
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, kAside)) continue;
    NYALA_RETURN_IF_ERROR(RemoveTree(JoinPath(folder_, name)));
  }
  return absl::OkStatus();
}

// A best that cannot be read is none: the next candidate takes its place.
void CheckpointStore::FindBest() {
  const std::string name = ReadMark(folder_);
  if (name.empty()) return;
  const absl::StatusOr<Checkpoint> state = ReadCheckpointState(JoinPath(folder_, name));
  if (!state.ok() || !state->counters.episodes.full()) return;
  best_ = name;
  best_mean_return_ = state->counters.episodes.mean_return();
}

absl::StatusOr<std::string> CheckpointStore::Write(const Checkpoint& checkpoint) {
  const DescriptorReserve reserve;
  const std::string name = CheckpointName(checkpoint.counters.updates);
  const std::string aside = JoinPath(folder_, absl::StrCat(kAside, name));
  absl::Status status = WriteFolder(aside, checkpoint);
  if (status.ok()) status = Publish(aside, name);
  if (!status.ok()) {
    RemoveTree(aside).IgnoreError();
    return absl::Status(status.code(), absl::StrCat("checkpoint ", name, " was not written to ",
                                                    folder_, ": ", status.message(), AnyEarlier()));
  }
  const EpisodeStats& episodes = checkpoint.counters.episodes;
  if (episodes.full() &&
      (best_.empty() || best_ == name || episodes.mean_return() >= best_mean_return_)) {
    status = MarkBest(name, episodes.mean_return());
  }
  status.Update(DropOld());
  if (!status.ok()) Log("checkpoint %s is in place, but: %s", name, status.message());
  return JoinPath(folder_, name);
}

std::string CheckpointStore::AnyEarlier() const {
  const auto names = ListCheckpoints(folder_);
  return names.ok() && names->empty() ? "" : "; earlier checkpoints are kept";
}

absl::Status CheckpointStore::WriteFolder(const std::string& aside, const Checkpoint& checkpoint) {
  NYALA_RETURN_IF_ERROR(RemoveTree(aside));
  NYALA_RETURN_IF_ERROR(MakeDirs(aside));
  NYALA_RETURN_IF_ERROR(
      EncodeCheckpoint(checkpoint, [&](const std::string& file, const ByteSource& source) {
        return options_.write_file(JoinPath(aside, file), source);
      }));
  return SyncFolder(aside);
}

absl::Status CheckpointStore::Publish(const std::string& aside, const std::string& name) {
  const std::string path = JoinPath(folder_, name);
  if (!PathExists(path)) {
    NYALA_RETURN_IF_ERROR(Rename(aside, path));
    return SyncFolder(folder_);
  }
  // One step where the file system can swap; else a crash in between costs this one checkpoint.
  if (renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) != 0) {
    const std::string old = absl::StrCat(aside, "-old");
    NYALA_RETURN_IF_ERROR(Rename(path, old));
    if (absl::Status status = Rename(aside, path); !status.ok()) {
      status.Update(Rename(old, path));
      return status;
    }
    NYALA_RETURN_IF_ERROR(RemoveTree(old));
  }
  NYALA_RETURN_IF_ERROR(SyncFolder(folder_));
  return RemoveTree(aside);
}

absl::Status CheckpointStore::MarkBest(const std::string& name, double mean_return) {
  const std::string aside = JoinPath(folder_, absl::StrCat(kAside, kBest));
  NYALA_RETURN_IF_ERROR(RemoveTree(aside));
  NYALA_RETURN_IF_ERROR(WriteMark(aside, name));
  NYALA_RETURN_IF_ERROR(Rename(aside, JoinPath(folder_, kBest)));
  best_ = name;
  best_mean_return_ = mean_return;
  return SyncFolder(folder_);
}

absl::Status CheckpointStore::WriteMark(const std::string& aside, const std::string& name) {
  if (options_.make_link(name.c_str(), aside.c_str()) == 0) return absl::OkStatus();
  const absl::Status no_link = FileError("create link", aside);
  NYALA_RETURN_IF_ERROR(WriteFile(aside, name + "\n"));
  if (!std::exchange(said_no_links_, true)) {
    Log("%s; '%s' is a file that names the best checkpoint", no_link.message(),
        JoinPath(folder_, kBest));
  }
  return absl::OkStatus();
}

absl::Status CheckpointStore::DropOld() {
  NYALA_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListCheckpoints(folder_));
  for (size_t i = 0; i + static_cast<size_t>(options_.keep) < names.size(); ++i) {
    if (names[i] == best_) continue;
    // Renamed first: a checkpoint is never seen half removed.
    const std::string aside = JoinPath(folder_, absl::StrCat(kAside, names[i]));
    NYALA_RETURN_IF_ERROR(Rename(JoinPath(folder_, names[i]), aside));
    NYALA_RETURN_IF_ERROR(RemoveTree(aside));
  }
  return absl::OkStatus();
}

}  // namespace nyala
