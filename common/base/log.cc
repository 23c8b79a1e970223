#include "common/base/log.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"

namespace nyala {
namespace {

struct Speaker {
  Mutex mu;
  std::string prefix ABSL_GUARDED_BY(mu) = "nyala: ";
};

Speaker& TheSpeaker() {
  static Speaker& speaker = *new Speaker;
  return speaker;
}

}  // namespace

void SetLogName(const std::string& name) {
  Speaker& speaker = TheSpeaker();
  MutexLock lock(speaker.mu);
  speaker.prefix = name.empty() ? "nyala: " : absl::StrCat("nyala ", name, ": ");
}

void LogLine(absl::string_view line) {
  // On a terminal, a progress line (of any process) may stand where this one goes.
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  Speaker& speaker = TheSpeaker();
  MutexLock lock(speaker.mu);
  const std::string text = absl::StrCat(terminal ? "\r\x1b[K" : "", speaker.prefix, line, "\n");
  // One write, so that lines of several processes on one terminal do not mix.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace nyala
