#include "common/base/log.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace nyala {
namespace {

std::string& Prefix() {
  static std::string& prefix = *new std::string("nyala: ");
  return prefix;
}

}  // namespace

void SetLogName(const std::string& name) {
  Prefix() = name.empty() ? "nyala: " : absl::StrCat("nyala ", name, ": ");
}

void LogLine(absl::string_view line) {
  // On a terminal, a progress line (of any process) may stand where this one goes.
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  const std::string text = absl::StrCat(terminal ? "\r\x1b[K" : "", Prefix(), line, "\n");
  // One write, so that lines of several processes on one terminal do not mix.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace nyala
