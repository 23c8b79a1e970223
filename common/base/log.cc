#include "common/base/log.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/line_output.h"
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
  const std::string prefix = name.empty() ? "nyala: " : absl::StrCat("nyala ", name, ": ");
  StandardError().SetPrefix(prefix);
  Speaker& speaker = TheSpeaker();
  MutexLock lock(speaker.mu);
  speaker.prefix = prefix;
}

void LogLine(absl::string_view line) {
  // On a terminal, a progress line (of any process) may stand where this one goes.
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  std::string text = terminal ? "\r\x1b[K" : "";
  {
    Speaker& speaker = TheSpeaker();
    MutexLock lock(speaker.mu);
    text += speaker.prefix;
  }
  absl::StrAppend(&text, line, "\n");
  StandardError().Write(text);
}

}  // namespace nyala
