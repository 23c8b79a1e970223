#include "actor/gym/make.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actor/gym/python.h"
#include "common/base/status_macros.h"

namespace py = pybind11;

namespace nyala {
namespace {

absl::StatusOr<py::object> Import(const std::string& module) {
  try {
    return py::object(py::module_::import(module.c_str()));
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_ModuleNotFoundError)) throw;
    // The module itself or a package it is in; what the module misses has a traceback.
    const std::string missing = py::str(error.value().attr("name"));
    if (missing != module && !absl::StartsWith(module, missing + ".")) throw;
    return absl::NotFoundError(
        absl::StrCat("Python has no package '", missing, "': install it for ", PythonExecutable(),
                     ", or have VIRTUAL_ENV or PYTHONPATH name where it is"));
  }
}

// A Python literal, true or false, or the text itself.
py::object Value(const std::string& text) {
  if (text == "true" || text == "false") return py::bool_(text == "true");
  try {
    return py::module_::import("ast").attr("literal_eval")(text);
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_ValueError) && !error.matches(PyExc_SyntaxError)) throw;
    return py::str(text);
  }
}

// Whether Gymnasium says that it was asked for something it has not.
bool IsRefusal(const py::error_already_set& error) {
  return OneLine(py::getattr(error.type(), "__module__", py::str(""))) == "gymnasium.error";
}

}  // namespace

absl::StatusOr<py::object> MakePythonEnvironment(const EnvironmentId& id) {
  const std::pair<std::string, std::string> names =
      absl::StrSplit(id.rest, absl::MaxSplits(':', 1));
  if (names.first.empty() || names.second.empty()) {
    return absl::InvalidArgumentError(
        "it is not of the form gym:MODULE:ID, as gym:gymnasium:CartPole-v1");
  }
  NYALA_RETURN_IF_ERROR(Import("numpy").status());
  NYALA_ASSIGN_OR_RETURN(py::object module, Import(names.first));
  if (!py::hasattr(module, "make")) {
    NYALA_ASSIGN_OR_RETURN(module, Import("gymnasium"));
  }
  py::dict arguments;
  for (const auto& [name, value] : id.arguments) arguments[name.c_str()] = Value(value);
  try {
    return py::object(module.attr("make")(names.second, **arguments));
  } catch (const py::error_already_set& error) {
    if (!IsRefusal(error)) throw;
    return absl::InvalidArgumentError(OneLineOf(error));
  }
}

}  // namespace nyala
