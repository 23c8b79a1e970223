// The checkpoints of a run: folders named by their update number, "000000001200", in one folder,
// and the link "best" to the one with the highest mean return; where the file system has no links
// "best" is a file that holds the name.
//
// The functions read and may be called by anyone, at any time, on any thread. CheckpointStore
// writes: the one learner that holds the run folder's lock owns it and uses it from one thread.
// A checkpoint is written aside, synced and renamed, so whatever has such a name is complete;
// what an interrupted write leaves is removed by the next Open.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/system/file.h"
#include "learner/run/checkpoint.h"

namespace nyala {

std::string CheckpointName(uint64_t updates);

// Names of the checkpoints in `folder`, oldest first; none when the folder does not exist.
absl::StatusOr<std::vector<std::string>> ListCheckpoints(const std::string& folder);

// The name of the newest one that ReadCheckpoint accepts; NotFound when there is none, another
// error when they could not be looked at.
absl::StatusOr<std::string> NewestGoodCheckpoint(const std::string& folder,
                                                 std::optional<uint64_t> layout = std::nullopt);

// Reads the checkpoint `name`: an update number (padded or not), "best", or "" for the newest.
// A refusal also names the newest good checkpoint. NotFound: no such checkpoint.
absl::StatusOr<Checkpoint> LoadCheckpoint(const std::string& folder, const std::string& name,
                                          std::optional<uint64_t> layout = std::nullopt);

struct CheckpointStoreOptions {
  // The newest so many are kept, and the best; at least 1.
  int keep = 3;
  // Writes and syncs one file; makes a symbolic link (0, or -1 and errno). Tests put a failing disk
  // here.
  std::function<absl::Status(const std::string& path, const ByteSource& source)> write_file =
      WriteFileFrom;
  std::function<int(const char* target, const char* path)> make_link = symlink;
};

class CheckpointStore {
 public:
  // Creates `folder` if needed and removes leftovers of interrupted writes.
  static absl::StatusOr<CheckpointStore> Open(const std::string& folder,
                                              CheckpointStoreOptions options);

  // Writes the checkpoint (replacing one of the same updates), moves "best" to it when the mean
  // return of its 100 episodes is at least the best one's, and drops those that are too many.
  // On an error nothing half-written is left and the checkpoints from before are untouched; once
  // the checkpoint is in place, what fails then is logged and no error. May use the reserve of
  // descriptors. Blocks until the disk has it. Returns its path.
  absl::StatusOr<std::string> Write(const Checkpoint& checkpoint);
  const std::string& folder() const { return folder_; }

 private:
  CheckpointStore(std::string folder, CheckpointStoreOptions options);
  absl::Status RemoveLeftovers();
  void FindBest();
  // For messages.
  std::string AnyEarlier() const;
  absl::Status WriteFolder(const std::string& aside, const Checkpoint& checkpoint);
  absl::Status Publish(const std::string& aside, const std::string& name);
  absl::Status MarkBest(const std::string& name, double mean_return);
  absl::Status WriteMark(const std::string& aside, const std::string& name);
  absl::Status DropOld();

  std::string folder_;
  CheckpointStoreOptions options_;
  // What "best" names, and its mean return; empty for none.
  std::string best_;
  double best_mean_return_ = 0;
  bool said_no_links_ = false;
};

}  // namespace nyala
