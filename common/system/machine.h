// What of this machine the process may use: cores and memory, as its containers bound them.
//
// A cgroup bounds all that is in it, so the smallest limit between the process's own group and the
// outermost one that can be seen counts: of systemd slices, containers, Kubernetes pods and Slurm
// jobs; versions 1 and 2. What cannot be read does not limit. Any thread. Blocking: a few files of
// /proc and /sys; nothing is remembered, since limits may change.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"

namespace nyala {

// Its name, as others may know it; "unknown" where it has none.
std::string HostName();

// Cores: the CPU affinity mask, and the cgroups' quota rounded up. At least 1.
int UsableCores();

// The machine's memory, or the cgroups' limit where that is less. In use or not.
int64_t UsableMemoryBytes();

// ResourceExhausted where a limit of address space (ulimit -v) leaves a process less than its
// libraries and threads take: they end in the midst of things where they get none.
absl::Status CheckAddressSpace();

// For tests, the same with files that were planted: `root` stands before every path ("" for those
// of this machine).
struct CgroupLimits {
  double cores = std::numeric_limits<double>::infinity();
  int64_t memory_bytes = std::numeric_limits<int64_t>::max();
};
CgroupLimits ReadCgroupLimits(const std::string& root);
int64_t UsableMemoryBytes(const std::string& root);

}  // namespace nyala
