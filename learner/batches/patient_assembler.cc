#include "learner/batches/patient_assembler.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/system/log.h"

namespace nyala {

absl::Status PatientAssembler::CheckWidth(const UnrollView& unroll, int64_t columns) {
  if (unroll.E == columns) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("unroll field 'observations': has %d columns, but its actor joined with %d",
                      unroll.E, columns));
}

int64_t PatientAssembler::awaited() const {
  MutexLock lock(mu_);
  return begun_ ? 0 : std::max<int64_t>(0, announced_ - static_cast<int64_t>(MemberCount()));
}

void PatientAssembler::Begin() {
  begun_ = true;
  OnBegun();
  changed_.NotifyAll();
}

void PatientAssembler::NoteMember() {
  if (first_member_at_ == 0) first_member_at_ = MonotonicSeconds();
  if (!begun_ && static_cast<int64_t>(MemberCount()) >= announced_) Begin();
  changed_.NotifyAll();
}

PatientAssembler::Awaited PatientAssembler::Await() {
  MutexLock lock(mu_);
  while (!closed_ && !IsFull()) {
    const double deadline = Deadline();
    // Not longer than this at a time: the deadline comes and goes with members and unrolls.
    const double left = std::min(deadline - MonotonicSeconds(), 3600.0);
    if (left <= 0) return Awaited::kTooLong;
    changed_.WaitFor(mu_, std::chrono::nanoseconds(static_cast<int64_t>(left * 1e9)),
                     [this, deadline]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
                       return closed_ || IsFull() || Deadline() < deadline;
                     });
  }
  return closed_ ? Awaited::kClosed : Awaited::kFull;
}

void PatientAssembler::GoOn() {
  Silence silent;
  {
    MutexLock lock(mu_);
    // The lock was free since the deadline was seen.
    if (closed_ || IsFull() || MonotonicSeconds() < Deadline()) return;
    if (!begun_) {
      Log("%d of the %d rollout threads that actor.actors announces have joined after %.0f s "
          "(batch.straggler_seconds); going on without the others",
          MemberCount(), announced_, MonotonicSeconds() - first_member_at_);
      return Begin();
    }
    silent = LeaveOutSilent();
  }
  if (on_silence_ && !silent.members.empty()) on_silence_(silent.members, silent.seconds);
}

Slab* PatientAssembler::NextFull() {
  while (true) {
    switch (Await()) {
      case Awaited::kFull:
        return TakeFull();
      case Awaited::kClosed:
        return nullptr;
      case Awaited::kTooLong:
        GoOn();
    }
  }
}

void PatientAssembler::Close(const absl::Status& why) {
  MutexLock lock(mu_);
  if (closed_) return;
  why_closed_ = why;
  closed_ = true;
  changed_.NotifyAll();
}

}  // namespace nyala
