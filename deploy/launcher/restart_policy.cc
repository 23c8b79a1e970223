#include "deploy/launcher/restart_policy.h"

namespace nyala {

bool RestartPolicy::Allow(double now) {
  while (!restarts_.empty() && restarts_.front() <= now - window_seconds_) restarts_.pop_front();
  if (static_cast<int>(restarts_.size()) >= limit_) return false;
  restarts_.push_back(now);
  return true;
}

}  // namespace nyala
