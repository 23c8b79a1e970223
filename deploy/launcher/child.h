// Child processes forked from the supervisor without exec, which saves LibTorch's loading time
// (0.75 s of CPU) in each.
//
// The caller must have no threads that hold locks across the call: the supervisor has none at all.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/system/stop.h"

namespace nyala {

struct ChildOptions {
  // Shown by top; at most 15 characters.
  std::string name;
  // What the child gets when this process dies, however it dies: no orphan survives it. 0: nothing.
  int death_signal = 0;
  // Descriptors of this process that are not the child's business.
  std::vector<int> close_fds;
  // Whether the child leads a process group of its own, so that Ctrl-C at a terminal reaches this
  // process alone, which then stops all in order.
  bool own_group = true;
};

// What the child does; it exits with what this returns. The signals of common/system/stop_signals.h
// request a stop of the StopSource, from the child's first instruction on; an exception is a
// failure with its message.
using ChildBody = std::function<int(StopSource&)>;

// The child's process id.
absl::StatusOr<pid_t> StartChild(const ChildOptions& options, const ChildBody& body);

// The same for a body that takes signals by itself: those that stop are blocked when it begins.
absl::StatusOr<pid_t> StartBareChild(const ChildOptions& options, const std::function<int()>& body);

// "exited with status 1", "was killed by signal 9 (Killed)", from a status of wait(2).
std::string DescribeEnd(int wait_status);

}  // namespace nyala
