// Loads plug-ins (actor/plugin.h).
//
// Only whoever starts the program names libraries: nothing that comes over the wire gets here.
// Threads: one at a time, before the first environment is made. Blocking: on the disk, and on what
// the library does while it is loaded.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "actor/environment_registry.h"

namespace nyala {

// Adds the environments of the library at `path` (no search path is tried) to `registry`: all of
// them, or none with a line that names the library: NotFound when there is no such file,
// AlreadyExists when an id of it is taken, FailedPrecondition when it was built for another
// program, InvalidArgument when it is no plug-in.
absl::Status LoadPlugin(const std::string& path, EnvironmentRegistry& registry);

}  // namespace nyala
