// From "gym:MODULE:ID,argument=value" to the Python object; gym_environment.h says how.
// The caller holds the interpreter (actor/gym/python.h).
#pragma once

#include <pybind11/pybind11.h>

#include "absl/status/statusor.h"
#include "actor/environment_id.h"

namespace nyala {

// One line, without a traceback, for a package that is not there (named, with where it was looked
// for) and for what Gymnasium itself refuses; other exceptions are the caller's to catch.
absl::StatusOr<pybind11::object> MakePythonEnvironment(const EnvironmentId& id);

}  // namespace nyala
