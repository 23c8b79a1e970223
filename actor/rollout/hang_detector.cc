#include "actor/rollout/hang_detector.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/clock.h"

namespace nyala {

HangDetector::HangDetector(HangHandler on_hang, double period_seconds)
    : on_hang_(std::move(on_hang)), period_seconds_(period_seconds) {}

CallMark* HangDetector::Add(const std::string& who, double limit_seconds) {
  MutexLock lock(mu_);
  watched_.push_back({who, limit_seconds, std::make_unique<CallMark>()});
  return watched_.back().mark.get();
}

void HangDetector::Look(double now) {
  std::vector<std::string> lines;
  {
    MutexLock lock(mu_);
    const double elapsed = last_look_ == 0 ? 0 : std::min(now - last_look_, 2 * period_seconds_);
    last_look_ = now;
    for (Watched& watched : watched_) {
      if (!IsHung(&watched, elapsed)) continue;
      lines.push_back(
          absl::StrFormat("%s has not returned for %g s (environment.step_timeout_seconds)",
                          watched.who, watched.limit_seconds));
    }
  }
  for (const std::string& line : lines) on_hang_(line);
}

bool HangDetector::IsHung(Watched* watched, double elapsed) {
  const uint64_t flips = watched->mark->flips_.load(std::memory_order_relaxed);
  const bool same_call = flips % 2 == 1 && flips == watched->flips;
  watched->flips = flips;
  if (!same_call) {
    watched->seconds = 0;
    watched->told = false;
    return false;
  }
  watched->seconds += elapsed;
  if (watched->told || watched->seconds < watched->limit_seconds) return false;
  watched->told = true;
  return true;
}

std::unique_ptr<HangWatch> HangWatch::Start(double limit_seconds, HangHandler on_hang) {
  if (limit_seconds <= 0 || on_hang == nullptr) return nullptr;
  const double period_seconds = std::clamp(limit_seconds / 8, 0.001, 1.0);
  return std::unique_ptr<HangWatch>(new HangWatch(std::move(on_hang), period_seconds));
}

HangWatch::HangWatch(HangHandler on_hang, double period_seconds)
    : detector_(std::move(on_hang), period_seconds),
      period_(static_cast<int64_t>(period_seconds * 1e9)),
      thread_("hang-watch", [this] {
        while (!ended_.WaitFor(period_)) detector_.Look(MonotonicSeconds());
      }) {}

HangWatch::~HangWatch() { ended_.RequestStop("done"); }

CallMark* HangWatch::Add(const VectorEnvOptions& environments, const std::string& thread) {
  const uint64_t first = environments.first_environment;
  const uint64_t last = first + environments.E - 1;
  const std::string numbers = first == last ? absl::StrCat("number ", first)
                                            : absl::StrCat("numbers ", first, " to ", last);
  return detector_.Add(
      absl::StrCat("environment '", environments.id, "' (", numbers, ", thread ", thread, ")"),
      environments.step_timeout_seconds +
          environments.step_wait_seconds * static_cast<double>(environments.E));
}

}  // namespace nyala
