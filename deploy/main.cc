#include "deploy/main.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "common/base/clock.h"
#include "common/base/exception_text.h"
#include "common/nn/blas/blas_kernels.h"
#include "common/system/log.h"
#include "deploy/cli/command_line.h"
#include "deploy/launcher/exit_codes.h"

namespace nyala {

namespace {

// deploy/run is this process before it is nyala, and may have spent minutes on the build: it says
// in seconds since the Unix epoch when that was over.
double StartedAt() {
  const double process = ProcessStartSeconds();
  const char* const built = std::getenv("NYALA_BUILT_AT");
  double wall = 0;
  if (built == nullptr || !absl::SimpleAtod(built, &wall)) return process;
  return std::clamp(MonotonicSeconds() - (WallSeconds() - wall), process, MonotonicSeconds());
}

}  // namespace

int Main(int argc, char** argv) {
  // A reader of our output that went away, and a file at its limit, are errors like a full disk,
  // and no reason to abandon a run.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  // What is opened next must not become a standard stream.
  for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR)) {
    if (fd <= STDERR_FILENO) continue;
    close(fd);
    break;
  }
  UseFittingBlasKernels();
  CommandContext context;
  context.started_at = StartedAt();
  if (argc > 0) context.program = argv[0];
  try {
    return RunCommandLine(context, {argv + (argc > 0 ? 1 : 0), argv + argc}, MakeCommands());
  } catch (...) {
    LogLine(ExceptionHeadline());
    return kExitFailed;
  }
}

}  // namespace nyala
