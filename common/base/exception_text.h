// What somebody else's code has to say, on one line. Any thread.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace nyala {

// Line breaks become " | ".
std::string OneLine(absl::string_view text);

// Text of the exception being handled, whatever its type: call it in `catch (...)`.
std::string ExceptionText();

// The same, but of a std::exception the first line alone: LibTorch's says what, the others where.
std::string ExceptionHeadline();

}  // namespace nyala
