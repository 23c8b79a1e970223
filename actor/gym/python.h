// Python within this process: one interpreter, started on first use, never ended.
//
// It is that of the virtual environment in VIRTUAL_ENV, if there is one, else the one this was
// built for; PYTHONPATH counts as ever. Signals stay this program's. A child that is forked
// has an interpreter of its own, without the threads that Python had.
// Threads: any. Between two PythonLocks a thread does not hold the interpreter.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <string>

#include "absl/status/status.h"

namespace nyala {

// The first call does it, all return what came of it.
absl::Status StartPython();

// The executable whose packages are found; after StartPython.
std::string PythonExecutable();

// Holds the interpreter for a scope; after StartPython. Not nested. A thread's Python state
// (threading.local and the like) lives as long as the thread.
class PythonLock {
 public:
  PythonLock();
  ~PythonLock();
  PythonLock(const PythonLock&) = delete;
  PythonLock& operator=(const PythonLock&) = delete;
};

// "ValueError: message", in one line, after the whole traceback went to standard error.
absl::Status PythonFailure(const pybind11::error_already_set& error);
// The same without a traceback: for what a user got wrong.
std::string OneLineOf(const pybind11::error_already_set& error);
// str(value) in one line.
std::string OneLine(pybind11::handle value);

// `body`'s status, or its exception as one. The caller holds the interpreter.
template <typename Body>
absl::Status CatchPython(const Body& body) {
  try {
    return body();
  } catch (const pybind11::error_already_set& error) {
    return PythonFailure(error);
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace nyala
