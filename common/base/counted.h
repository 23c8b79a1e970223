// Numbers of things, in messages for people.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace nyala {

// "1 thread", "2 threads": of a noun whose plural has an s.
template <typename Number>
std::string Counted(Number count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace nyala
