#include "learner/checkpointer.h"

#include <utility>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace nyala {

Checkpointer::Checkpointer(CheckpointStore store, const CheckpointConfig& config)
    : config_(config),
      last_time_(MonotonicSeconds()),
      store_(std::move(store)),
      thread_("checkpointer", [this] { Work(); }) {}

Checkpointer::~Checkpointer() { Finish(); }

void Checkpointer::Finish() {
  queue_.Drain();
  thread_.Join();
}

bool Checkpointer::Due(uint64_t updates) const {
  if (config_.interval_updates() > 0 && updates >= last_updates_ + config_.interval_updates()) {
    return true;
  }
  return config_.interval_seconds() > 0 &&
         MonotonicSeconds() >= last_time_ + config_.interval_seconds();
}

void Checkpointer::Submit(Checkpoint checkpoint) {
  last_updates_ = checkpoint.updates;
  last_time_ = MonotonicSeconds();
  queue_.Push(std::make_unique<Checkpoint>(std::move(checkpoint)));
}

void Checkpointer::Work() {
  while (auto checkpoint = queue_.Pop()) {
    const absl::StatusOr<std::string> path = store_.Write(**checkpoint);
    if (!path.ok()) {
      Log("checkpoint not written, training goes on: %s", path.status().message());
      continue;
    }
    MutexLock lock(mu_);
    newest_path_ = *path;
  }
}

absl::Status Checkpointer::WriteFinal(const Checkpoint& checkpoint) {
  Finish();
  NYALA_ASSIGN_OR_RETURN(std::string path, store_.Write(checkpoint));
  MutexLock lock(mu_);
  newest_path_ = std::move(path);
  return absl::OkStatus();
}

std::string Checkpointer::newest_path() const {
  MutexLock lock(mu_);
  return newest_path_;
}

}  // namespace nyala
