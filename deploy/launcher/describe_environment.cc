#include "deploy/launcher/describe_environment.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "actor/vector_env.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/wire/codec/environment_bytes.h"
#include "deploy/launcher/child.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/keeper.h"

namespace nyala {
namespace {

// What goes through the pipe: the number of bytes, then the bytes. The pipe's end alone would not
// do: a process that the environment started may keep it open.
constexpr size_t kHeader = sizeof(uint64_t);

int WriteDescription(const std::string& id, double limit_seconds, int fd) {
  const std::string bytes = EnvSpecToBytes(DescribeEnvironment(id, limit_seconds));
  const uint64_t size = bytes.size();
  const std::string all = std::string(reinterpret_cast<const char*>(&size), kHeader) + bytes;
  for (size_t done = 0; done < all.size();) {
    const ssize_t wrote = write(fd, all.data() + done, all.size() - done);
    if (wrote < 0 && errno != EINTR) return kExitFailed;
    done += static_cast<size_t>(std::max<ssize_t>(wrote, 0));
  }
  return kExitDone;
}

bool Complete(const std::string& all) {
  uint64_t size = 0;
  if (all.size() < kHeader) return false;
  std::memcpy(&size, all.data(), kHeader);
  return all.size() - kHeader >= size;
}

enum class ReadEnd { kComplete, kClosed, kLate };

ReadEnd ReadDescription(int fd, double limit_seconds, std::string* all) {
  const double deadline = MonotonicSeconds() + limit_seconds;
  while (!Complete(*all)) {
    int timeout_ms = -1;
    if (limit_seconds > 0) {
      timeout_ms = static_cast<int>(std::max(0.0, 1e3 * (deadline - MonotonicSeconds()) + 1));
    }
    pollfd waiting = {fd, POLLIN, 0};
    const int ready = poll(&waiting, 1, timeout_ms);
    if (ready == 0) return ReadEnd::kLate;
    if (ready < 0 && errno == EINTR) continue;
    char some[4096];
    const ssize_t got = read(fd, some, sizeof(some));
    if (got <= 0) return ReadEnd::kClosed;
    all->append(some, static_cast<size_t>(got));
  }
  return ReadEnd::kComplete;
}

// The status of wait(2) of a child that has said what it had to say, or never will. What the
// environment started does not stay.
int EndChild(pid_t pid) {
  EndKeptChild(pid);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

absl::StatusOr<EnvSpec> DescribeEnvironmentInChild(const std::string& id, double limit_seconds) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot create a pipe");
  const absl::StatusOr<pid_t> pid =
      StartKeptChild({"nyala-describe", 0, {ends[0]}},
                     [&](StopSource&) { return WriteDescription(id, limit_seconds, ends[1]); });
  close(ends[1]);
  std::string all;
  const ReadEnd end = pid.ok() ? ReadDescription(ends[0], limit_seconds, &all) : ReadEnd::kClosed;
  close(ends[0]);
  NYALA_RETURN_IF_ERROR(pid.status());
  const int status = EndChild(*pid);
  switch (end) {
    case ReadEnd::kComplete: {
      absl::StatusOr<EnvSpec> spec = EnvSpecFromBytes(absl::string_view(all).substr(kHeader));
      if (spec.ok() || absl::StrContains(spec.status().message(), id)) return spec;
      return absl::Status(spec.status().code(),
                          absl::StrCat("environment '", id, "': ", spec.status().message()));
    }
    case ReadEnd::kLate:
      return absl::DeadlineExceededError(absl::StrFormat(
          "environment '%s' could not be made within %g s; environment.step_timeout_seconds gives "
          "it more",
          id, limit_seconds));
    case ReadEnd::kClosed:
      break;
  }
  return absl::InternalError(absl::StrCat("environment '", id,
                                          "': the process that "
                                          "describes it ",
                                          DescribeEnd(status)));
}

}  // namespace nyala
