// RunFolder: the one folder a run lives in, locked by the one learner that works on it.
//
//   config.textproto   the resolved RunConfig
//   run.json           the run's id and incarnation
//   metrics.jsonl, events.out.tfevents.*, summary.json, checkpoints/
//   lock               held (flock) and naming its process while a learner runs; where the file
//                      system has no locks it only names it, and the log says so
//
// The lock ends with the RunFolder or its process, however that ends. Everyone else (eval, the
// launcher) reads through RunPaths and needs no lock. Threads: one.
#pragma once

#include <sys/file.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nyala/run_config.pb.h"

namespace nyala {

// Where things are in a run folder; makes and checks nothing.
class RunPaths {
 public:
  explicit RunPaths(std::string folder);
  const std::string& folder() const { return folder_; }
  std::string config() const;
  std::string run() const;
  std::string metrics() const;
  std::string summary() const;
  std::string checkpoints() const;
  std::string lock() const;
  // Whether a run was started here.
  bool HoldsRun() const;

 private:
  std::string folder_;
};

// Time and chance, "20250131-235959-1f0c9a2b": sorts by time, and is another for each call.
std::string NewRunId();

struct RunFolderOptions {
  // 0, or -1 and errno. Tests put a file system without locks here.
  std::function<int(int fd, int operation)> lock = flock;
};

class RunFolder {
 public:
  // Starts a run in `folder`, which is created if needed and must not hold one: AlreadyExists.
  // FailedPrecondition: another learner has the folder.
  static absl::StatusOr<std::unique_ptr<RunFolder>> Create(const std::string& folder,
                                                           const RunConfig& config,
                                                           const RunFolderOptions& options = {});
  // Goes on with the run in `folder` as its next incarnation. NotFound: there is none.
  static absl::StatusOr<std::unique_ptr<RunFolder>> Resume(const std::string& folder,
                                                           const RunFolderOptions& options = {});

  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const RunPaths& paths() const { return paths_; }
  const std::string& run_id() const { return run_id_; }
  // 1 for the first learner of the run, one more for each that resumed it.
  uint64_t incarnation() const { return incarnation_; }

  // Replaces config.textproto: a resumed run may have been given another budget.
  absl::Status WriteConfig(const RunConfig& config);
  // Takes back what Create made, for a run in which nothing has happened.
  void Abandon();

 private:
  RunFolder(const std::string& folder, const RunFolderOptions& options)
      : paths_(folder), options_(options) {}
  absl::Status Lock();
  absl::Status ReadIdentity();
  absl::Status WriteIdentity();

  const RunPaths paths_;
  const RunFolderOptions options_;
  int lock_fd_ = -1;
  std::string run_id_;
  uint64_t incarnation_ = 0;
};

// The RunConfig of the run in `folder`; errors name the file and the line.
absl::StatusOr<RunConfig> ReadRunConfig(const std::string& folder);

}  // namespace nyala
