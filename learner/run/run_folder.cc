#include "learner/run/run_folder.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/config/text.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "learner/run/event_writer.h"
#include "learner/run/json_fields.h"

namespace nyala {
namespace {

// What the lock file says of its holder; it is written just after the lock is taken.
std::string DescribeHolder(const std::string& lock_path) {
  const absl::StatusOr<std::string> text = ReadFile(lock_path);
  int64_t pid = 0;
  if (!text.ok() || !absl::SimpleAtoi(*text, &pid)) return "another process";
  return absl::StrCat("process ", pid);
}

// What flock says on file systems that cannot: Lustre and NFS without locks, some FUSE ones.
bool HasNoLocks(int reason) {
  return reason == ENOLCK || reason == ENOSYS || reason == EOPNOTSUPP || reason == EINVAL;
}

}  // namespace

RunPaths::RunPaths(std::string folder) : folder_(std::move(folder)) {
  while (folder_.size() > 1 && folder_.back() == '/') folder_.pop_back();
}
std::string RunPaths::config() const { return JoinPath(folder_, "config.textproto"); }
std::string RunPaths::run() const { return JoinPath(folder_, "run.json"); }
std::string RunPaths::metrics() const { return JoinPath(folder_, "metrics.jsonl"); }
std::string RunPaths::summary() const { return JoinPath(folder_, "summary.json"); }
std::string RunPaths::checkpoints() const { return JoinPath(folder_, "checkpoints"); }
std::string RunPaths::lock() const { return JoinPath(folder_, "lock"); }
bool RunPaths::HoldsRun() const { return PathExists(run()); }

std::string NewRunId() {
  const time_t now = time(nullptr);
  tm parts;
  gmtime_r(&now, &parts);
  char stamp[32];
  strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &parts);
  return absl::StrFormat("%s-%08x", stamp, std::random_device()());
}

absl::StatusOr<std::unique_ptr<RunFolder>> RunFolder::Create(const std::string& folder,
                                                             const RunConfig& config,
                                                             const RunFolderOptions& options) {
  NYALA_RETURN_IF_ERROR(MakeDirs(RunPaths(folder).folder()));
  std::unique_ptr<RunFolder> run(new RunFolder(folder, options));
  NYALA_RETURN_IF_ERROR(run->Lock());
  // Any of a run's traces counts: nothing of another run may be overwritten or mixed in.
  const RunPaths& paths = run->paths();
  if (paths.HoldsRun() || PathExists(paths.checkpoints()) || PathExists(paths.metrics()) ||
      PathExists(paths.config())) {
    return absl::AlreadyExistsError(
        absl::StrCat("run folder ", paths.folder(),
                     " holds a run already; add --resume to go on with it, or choose another "
                     "--run"));
  }
  run->run_id_ = NewRunId();
  run->incarnation_ = 1;
  absl::Status written = run->WriteConfig(config);
  // Last: from now on the folder holds a run.
  if (written.ok()) written = run->WriteIdentity();
  if (!written.ok()) {
    run->Abandon();
    return written;
  }
  return run;
}

absl::StatusOr<std::unique_ptr<RunFolder>> RunFolder::Resume(const std::string& folder,
                                                             const RunFolderOptions& options) {
  const RunPaths paths(folder);
  if (!paths.HoldsRun()) {
    return absl::NotFoundError(absl::StrCat("run folder ", paths.folder(),
                                            " holds no run to resume; leave out --resume to start "
                                            "one, or choose another --run"));
  }
  std::unique_ptr<RunFolder> run(new RunFolder(folder, options));
  NYALA_RETURN_IF_ERROR(run->Lock());
  for (const std::string& path : {run->paths().config(), run->paths().run()}) {
    NYALA_RETURN_IF_ERROR(RemoveAsides(path));
  }
  NYALA_RETURN_IF_ERROR(run->ReadIdentity());
  ++run->incarnation_;
  NYALA_RETURN_IF_ERROR(run->WriteIdentity());
  return run;
}

RunFolder::~RunFolder() {
  if (lock_fd_ < 0) return;
  // The file stays: removing it would let two learners lock two files of one name.
  [[maybe_unused]] const int ignored = ftruncate(lock_fd_, 0);
  close(lock_fd_);
}

absl::Status RunFolder::WriteConfig(const RunConfig& config) {
  return WriteFileAtomically(paths_.config(), ToText(config));
}

void RunFolder::Abandon() {
  std::vector<std::string> ours = {paths_.run(), paths_.config(), paths_.checkpoints(),
                                   paths_.metrics()};
  for (std::string& path : ListEventFiles(paths_.folder()).value_or(std::vector<std::string>())) {
    ours.push_back(std::move(path));
  }
  for (const std::string& path : ours) {
    const absl::Status removed = RemoveTree(path);
    if (!removed.ok()) Log("%s", removed.message());
  }
  unlink(paths_.lock().c_str());
  rmdir(paths_.folder().c_str());  // fails, as it should, where somebody else keeps something there
}

absl::Status RunFolder::Lock() {
  // No link: what it names would be emptied.
  lock_fd_ = open(paths_.lock().c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) return FileError("open", paths_.lock());
  const bool locked = options_.lock(lock_fd_, LOCK_EX | LOCK_NB) == 0;
  const int reason = errno;
  if (!locked && HasNoLocks(reason)) {
    Log("%s; it goes on, but a second learner in this folder would not be noticed",
        FileError("lock", paths_.lock()).message());
  } else if (!locked) {
    close(std::exchange(lock_fd_, -1));
    errno = reason;
    if (reason != EWOULDBLOCK) return FileError("lock", paths_.lock());
    return absl::FailedPreconditionError(absl::StrCat(
        "run folder ", paths_.folder(), " is in use by ", DescribeHolder(paths_.lock())));
  }
  if (ftruncate(lock_fd_, 0) != 0) return FileError("write", paths_.lock());
  return WriteAll(lock_fd_, absl::StrCat(getpid(), "\n"), paths_.lock());
}

absl::Status RunFolder::ReadIdentity() {
  NYALA_ASSIGN_OR_RETURN(const std::string text, ReadFile(paths_.run()));
  const absl::StatusOr<nlohmann::json> json = ParseJsonObject(text);
  absl::Status status = json.status();
  if (json.ok()) {
    JsonFields fields(*json);
    fields.Read("run_id", &run_id_);
    fields.Read("incarnation", &incarnation_);
    status = fields.status();
  }
  if (status.ok()) return status;
  return absl::DataLossError(absl::StrCat(paths_.run(), " is damaged: ", status.message()));
}

absl::Status RunFolder::WriteIdentity() {
  const nlohmann::ordered_json json = {{"run_id", run_id_}, {"incarnation", incarnation_}};
  return WriteFileAtomically(paths_.run(), DumpJson(json, 1) + "\n");
}

absl::StatusOr<RunConfig> ReadRunConfig(const std::string& folder) {
  const std::string path = RunPaths(folder).config();
  return LoadConfigFile(path);
}

}  // namespace nyala
