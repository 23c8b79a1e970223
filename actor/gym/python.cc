#include "actor/gym/python.h"

#include <dlfcn.h>
#include <pthread.h>

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"
#include "common/system/log.h"

namespace py = pybind11;

namespace nyala {
namespace {

// What a thread has of Python between its locks.
class ThreadState {
 public:
  ThreadState() : before_(PyGILState_Ensure()), state_(PyEval_SaveThread()) {}
  ~ThreadState() {
    Enter();
    PyGILState_Release(before_);
  }
  void Enter() { PyEval_RestoreThread(state_); }
  void Leave() { PyEval_SaveThread(); }

 private:
  const PyGILState_STATE before_;
  PyThreadState* const state_;
};

ThreadState& OfThisThread() {
  thread_local ThreadState state;
  return state;
}

// Modules written in C take Python's symbols from the global ones, and this library was loaded
// with its own kept apart.
void MakePythonGlobal() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&Py_InitializeFromConfig), &info) == 0) return;
  dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

// Around a fork, so that the child's interpreter works; where Python itself forks, holding the
// interpreter, it does this.
thread_local bool forking = false;
void BeforeFork() {
  if (PyGILState_Check() != 0) return;
  forking = true;
  OfThisThread().Enter();
  PyOS_BeforeFork();
}
void AfterFork(void (*repair)()) {
  if (!forking) return;
  forking = false;
  repair();
  OfThisThread().Leave();
}
void AfterForkInParent() { AfterFork(PyOS_AfterFork_Parent); }
void AfterForkInChild() { AfterFork(PyOS_AfterFork_Child); }

absl::StatusOr<std::string> ChooseExecutable() {
  const char* const virtual_env = std::getenv("VIRTUAL_ENV");
  if (virtual_env == nullptr || *virtual_env == '\0') return std::string(NYALA_PYTHON);
  const std::string version = absl::StrCat("python", PY_MAJOR_VERSION, ".", PY_MINOR_VERSION);
  if (!PathExists(absl::StrCat(virtual_env, "/lib/", version))) {
    return absl::FailedPreconditionError(
        absl::StrCat("VIRTUAL_ENV is ", virtual_env, ", which has no lib/", version,
                     ": make it with ", NYALA_PYTHON, " -m venv, or leave it (deactivate)"));
  }
  return absl::StrCat(virtual_env, "/bin/python");
}

absl::Status Start() {
  NYALA_ASSIGN_OR_RETURN(const std::string executable, ChooseExecutable());
  MakePythonGlobal();
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0;
  config.parse_argv = 0;
  // What environments print is seen at once, and not lost when the process ends.
  config.buffered_stdio = 0;
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, executable.c_str());
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) {
    return absl::InternalError(
        absl::StrCat("Python cannot start: ", status.err_msg != nullptr ? status.err_msg : "exit"));
  }
  PyEval_SaveThread();
  pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
  return absl::OkStatus();
}

}  // namespace

absl::Status StartPython() {
  static const auto* const started = new absl::Status(Start());
  return *started;
}

std::string PythonExecutable() {
  const absl::StatusOr<std::string> executable = ChooseExecutable();
  return executable.ok() ? *executable : NYALA_PYTHON;
}

PythonLock::PythonLock() { OfThisThread().Enter(); }
PythonLock::~PythonLock() { OfThisThread().Leave(); }

std::string OneLine(py::handle value) {
  std::string text = py::str(value);
  for (char& c : text) c = absl::ascii_isspace(c) ? ' ' : c;
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

std::string OneLineOf(const py::error_already_set& error) {
  const std::string type = py::str(error.type().attr("__name__"));
  std::string message;
  try {
    message = OneLine(error.value());
  } catch (const py::error_already_set&) {
    message = "(its message cannot be shown)";
  }
  return message.empty() ? type : absl::StrCat(type, ": ", message);
}

absl::Status PythonFailure(const py::error_already_set& error) {
  try {
    const py::object trace = error.trace() ? error.trace() : py::none();
    const py::object lines = py::module_::import("traceback")
                                 .attr("format_exception")(error.type(), error.value(), trace);
    std::string text = py::str("").attr("join")(lines).cast<std::string>();
    absl::StripTrailingAsciiWhitespace(&text);
    LogLine(text);
  } catch (const py::error_already_set& another) {
    LogLine(absl::StrCat("no traceback: ", OneLineOf(another)));
  }
  return absl::InternalError(OneLineOf(error));
}

}  // namespace nyala
