// "Did you mean": the nearest of several names.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nyala {

// The candidate with the smallest edit distance to `word`, or "" when none is near (more than half
// of the word would have to change).
std::string NearestName(absl::string_view word, const std::vector<std::string>& candidates);

// "unknown environment 'CartPol-v1'; did you mean 'CartPole-v1'?" or, when nothing is near,
// "unknown environment 'x'; known: a, b, c".
std::string UnknownNameMessage(absl::string_view kind, absl::string_view word,
                               const std::vector<std::string>& candidates);

}  // namespace nyala
