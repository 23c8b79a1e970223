// `nyala help config`: every field of the run configuration. Pure function; any thread.
#pragma once

#include <string>

namespace nyala {

// The fields whose path contains `filter` (all if empty), each with its type, default and comment;
// "" when there is none.
std::string ConfigHelp(const std::string& filter);

}  // namespace nyala
