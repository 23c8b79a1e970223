#include "common/system/log.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/system/line_output.h"

namespace nyala {

void SetLogName(const std::string& name) {
  StandardError().SetPrefix(name.empty() ? "nyala: " : absl::StrCat("nyala ", name, ": "));
}

void LogLine(absl::string_view line) {
  // On a terminal, a progress line (of any process) may stand where this one goes.
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  StandardError().Write(
      absl::StrCat(terminal ? "\r\x1b[K" : "", StandardError().prefix(), line, "\n"));
}

}  // namespace nyala
