// Somebody else's text, for a line of a log or a terminal. Any thread.
#pragma once

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace nyala {

// `text` with a question mark for each control character: nothing that moves a cursor or begins
// another line.
inline std::string Printable(absl::string_view text) {
  std::string printable(text);
  for (char& c : printable) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return printable;
}

}  // namespace nyala
