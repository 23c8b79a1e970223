// The tasks and models that the binary carries: models/*.textproto and the *.xml beside them.
// Constant data; any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/config/embedded.h"

namespace nyala {

// Nullptr when there is no such file.
const EmbeddedFile* FindMujocoFile(absl::string_view name);

// Ids of the tasks, as "Hopper-v4" for Hopper-v4.textproto.
std::vector<std::string> BuiltInMujocoTasks();

}  // namespace nyala
