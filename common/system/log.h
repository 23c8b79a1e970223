// One line of log to standard error, prefixed with who speaks: "nyala learner: ...".
//
// Threads: any; a line is written by one call and never torn. Nobody who logs waits for whoever
// reads: see common/system/line_output.h for what becomes of lines that find no room.
#pragma once

#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace nyala {

// "learner", "actor 3", ...; empty gives the prefix "nyala: ".
void SetLogName(const std::string& name);

void LogLine(absl::string_view line);

template <typename... Args>
void Log(const absl::FormatSpec<Args...>& format, const Args&... args) {
  LogLine(absl::StrFormat(format, args...));
}

}  // namespace nyala
