#include "actor/rollout/parameter_sync.h"

#include <algorithm>
#include <utility>

namespace nyala {

ParameterSync::ParameterSync(LearnerEndpoint& endpoint, uint64_t lease, uint64_t incarnation,
                             absl::Duration patience)
    : endpoint_(endpoint),
      lease_(lease),
      incarnation_(incarnation),
      patience_(patience),
      thread_("parameter-sync", [this] { FetchLoop(); }) {}

ParameterSync::~ParameterSync() {
  Stop();
  thread_.Join();
}

void ParameterSync::Want(uint64_t version) {
  MutexLock lock(mu_);
  if (version <= wanted_) return;
  wanted_ = version;
  changed_.NotifyAll();
}

absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> ParameterSync::WaitFor(uint64_t version) {
  Want(version);
  MutexLock lock(mu_);
  changed_.Wait(
      mu_, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !end_.ok() || have() >= version; });
  if (!end_.ok()) return end_;
  return newest_;
}

void ParameterSync::Stop() { End(absl::CancelledError("stopped")); }

void ParameterSync::End(const absl::Status& status) {
  MutexLock lock(mu_);
  if (end_.ok()) end_ = status;
  changed_.NotifyAll();
}

uint64_t ParameterSync::AwaitWish(uint64_t have) {
  MutexLock lock(mu_);
  changed_.Wait(mu_,
                [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !end_.ok() || wanted_ > have; });
  return end_.ok() ? wanted_ : 0;
}

void ParameterSync::Publish(std::shared_ptr<const ParameterSnapshot> snapshot) {
  MutexLock lock(mu_);
  // The old one is let go outside the lock.
  newest_.swap(snapshot);
  changed_.NotifyAll();
}

void ParameterSync::FetchLoop() {
  uint64_t have = 0;
  while (const uint64_t wanted = AwaitWish(have)) {
    auto fetched = endpoint_.FetchParameters({lease_, incarnation_, have, wanted}, patience_);
    if (!fetched.ok()) return End(fetched.status());
    if (*fetched == nullptr) continue;
    if ((*fetched)->version <= have) {
      // Versions only go up within an incarnation.
      return End(absl::UnavailableError("the learner was started anew"));
    }
    have = (*fetched)->version;
    Publish(*std::move(fetched));
  }
}

}  // namespace nyala
