// FakeAssembler: a BatchAssembler whose batches a test puts there. Threads: any.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "learner/batches/batch_assembler.h"

namespace nyala {

class FakeAssembler : public BatchAssembler {
 public:
  FakeAssembler() : slab_(Spec(), 1, 1) {}

  // The next batch; once it is asked for, `fill` makes it of an empty slab. After the last, batches
  // are waited for until Close.
  void Add(std::function<void(Slab*)> fill = [](Slab*) {}) {
    MutexLock lock(mu_);
    batches_.push_back(std::move(fill));
  }
  // Is called by whoever comes to wait for a batch that is not there.
  void WhenEmpty(std::function<void()> call) { when_empty_ = std::move(call); }
  void OnRecycle(std::function<void(uint64_t next_version)> call) { on_recycle_ = std::move(call); }
  void SetAwaited(int64_t awaited) { awaited_ = awaited; }
  void SetBlockedSeconds(double seconds) { blocked_seconds_ = seconds; }

  void AddMember(const NewMember&) override {}
  void RemoveMember(uint32_t, uint32_t) override {}
  absl::StatusOr<UnrollVerdict> Admit(const UnrollView&, uint64_t) override {
    return UnrollVerdict::kAccepted;
  }
  Slab* NextFull() override {
    if (Empty() && when_empty_) when_empty_();
    std::function<void(Slab*)> fill;
    {
      MutexLock lock(mu_);
      changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return closed_ || !batches_.empty();
      });
      if (closed_) return nullptr;
      fill = std::move(batches_.front());
      batches_.pop_front();
    }
    slab_.Clear();
    fill(&slab_);
    return &slab_;
  }
  void Recycle(Slab*, uint64_t next_version) override {
    if (on_recycle_) on_recycle_(next_version);
  }
  void Close(const absl::Status&) override {
    MutexLock lock(mu_);
    closed_ = true;
    changed_.NotifyAll();
  }
  int64_t awaited() const override { return awaited_; }
  double blocked_seconds() const override { return blocked_seconds_; }

 private:
  static UnrollSpec Spec() {
    UnrollSpec spec;
    spec.T = 1;
    spec.E = 1;
    return spec;
  }
  bool Empty() {
    MutexLock lock(mu_);
    return batches_.empty();
  }

  Slab slab_;
  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void(Slab*)>> batches_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  std::function<void()> when_empty_;
  std::function<void(uint64_t)> on_recycle_;
  int64_t awaited_ = 0;
  double blocked_seconds_ = 0;
};

}  // namespace nyala
