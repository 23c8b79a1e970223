// Somebody else's text, for a line of a log or a terminal. Any thread.
#pragma once

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace nyala {

// `text` with a question mark for each control character, those of Latin-1 in UTF-8 included:
// nothing that moves a cursor or begins another line.
inline std::string Printable(absl::string_view text) {
  std::string printable(text);
  unsigned char before = 0;
  for (char& c : printable) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_iscntrl(byte) || (before == 0xC2 && byte < 0xA0)) c = '?';
    before = byte;
  }
  return printable;
}

}  // namespace nyala
