#include "common/system/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "common/base/mutex.h"

namespace nyala {
namespace {

constexpr rlim_t kReserved = 32;
// More than one process has a use for. Where the hard limit is a thousand times that, programs that
// walk through all possible descriptors would never end.
constexpr rlim_t kMost = 1 << 20;

struct State {
  Mutex mu;
  rlim_t usable ABSL_GUARDED_BY(mu) = 0;
  rlim_t all ABSL_GUARDED_BY(mu) = 0;  // 0: no reserve was set apart
  int holders ABSL_GUARDED_BY(mu) = 0;
};

State& TheState() {
  static State* const state = new State();
  return *state;
}

bool SetSoftLimit(rlim_t soft) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = std::min(soft, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace

DescriptorLimit RaiseDescriptorLimit() {
  State& state = TheState();
  MutexLock lock(state.mu);
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const rlim_t all = std::min(limit.rlim_max, std::max(limit.rlim_cur, kMost));
  const rlim_t usable = all - std::min(kReserved, all / 4);
  if (!SetSoftLimit(state.holders > 0 ? all : usable)) {
    return {static_cast<int64_t>(limit.rlim_cur), 0};
  }
  state.usable = usable;
  state.all = all;
  return {static_cast<int64_t>(usable), static_cast<int64_t>(all - usable)};
}

DescriptorReserve::DescriptorReserve() {
  State& state = TheState();
  MutexLock lock(state.mu);
  if (++state.holders == 1 && state.all > 0) SetSoftLimit(state.all);
}

DescriptorReserve::~DescriptorReserve() {
  State& state = TheState();
  MutexLock lock(state.mu);
  if (--state.holders == 0 && state.all > 0) SetSoftLimit(state.usable);
}

}  // namespace nyala
