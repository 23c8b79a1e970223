#include "learner/run/checkpointer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/system/log.h"

namespace nyala {
namespace {

constexpr char kWriting[] = "has been writing";

std::string TrainingGoesOn(const std::string& folder) {
  return absl::StrCat("to ", folder, "; training goes on");
}

std::string TheRunEnds(const std::string& folder) {
  return absl::StrCat("to ", folder,
                      "; the run ends when its last one is written, or at a second "
                      "signal");
}

}  // namespace

Checkpointer::Checkpointer(CheckpointStore store, const CheckpointConfig& config,
                           SlowNotice::Options slow)
    : config_(config),
      last_time_(MonotonicSeconds()),
      store_(std::move(store)),
      notice_(std::move(slow)),
      thread_("checkpointer", [this] { Work(); }) {}

Checkpointer::~Checkpointer() { Close(); }

void Checkpointer::Close() {
  {
    MutexLock lock(mu_);
    closed_ = true;
  }
  changed_.NotifyAll();
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
  last_updates_ = checkpoint.counters.updates;
  last_time_ = MonotonicSeconds();
  Hand(std::move(checkpoint), /*final=*/false);
}

void Checkpointer::Hand(Checkpoint checkpoint, bool final) {
  auto newest = std::make_unique<Checkpoint>(std::move(checkpoint));
  {
    MutexLock lock(mu_);
    pending_.swap(newest);
    pending_is_final_ = final;
  }
  changed_.NotifyAll();
  // An older checkpoint that was never begun is destroyed here, outside the lock.
}

absl::Status Checkpointer::WriteFinal(Checkpoint checkpoint) {
  notice_.Change(TheRunEnds(store_.folder()));
  Hand(std::move(checkpoint), /*final=*/true);
  Close();
  return final_written_;
}

absl::Status Checkpointer::Write(const Checkpoint& checkpoint, bool final) {
  const std::string folder = store_.folder();
  notice_.Begin(absl::StrCat("the checkpoint of update ", checkpoint.counters.updates), kWriting,
                final ? TheRunEnds(folder) : TrainingGoesOn(folder));
  const absl::Status written = store_.Write(checkpoint).status();
  notice_.End(written.ok() ? "was written" : "failed");
  return written;
}

void Checkpointer::Work() {
  while (true) {
    std::unique_ptr<Checkpoint> checkpoint;
    bool final = false;
    {
      MutexLock lock(mu_);
      changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return closed_ || pending_ != nullptr;
      });
      if (pending_ == nullptr) return;
      checkpoint = std::move(pending_);
      final = pending_is_final_;
    }
    const absl::Status written = Write(*checkpoint, final);
    if (final) final_written_ = written;
    if (!written.ok() && !final) {
      Log("checkpoint not written, training goes on: %s", written.message());
    }
  }
}

}  // namespace nyala
