#include "learner/admission/parameter_store.h"

#include <utility>

#include "common/base/check.h"

namespace nyala {

void ParameterStore::Publish(std::shared_ptr<const ParameterSnapshot> snapshot) {
  {
    MutexLock lock(mu_);
    NYALA_CHECK(newest_ == nullptr || snapshot->version > newest_->version,
                "policy versions must go up");
    newest_.swap(snapshot);
  }
  changed_.NotifyAll();
}

std::shared_ptr<const ParameterSnapshot> ParameterStore::Newest() const {
  MutexLock lock(mu_);
  return newest_;
}

uint64_t ParameterStore::version() const {
  MutexLock lock(mu_);
  return newest_ == nullptr ? 0 : newest_->version;
}

std::shared_ptr<const ParameterSnapshot> ParameterStore::WaitFor(uint64_t version,
                                                                 std::chrono::nanoseconds timeout) {
  MutexLock lock(mu_);
  const auto ready = [this, version]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return closed_ || (newest_ != nullptr && newest_->version >= version);
  };
  if (!changed_.WaitFor(mu_, timeout, ready) || closed_) return nullptr;
  return newest_;
}

void ParameterStore::Close() {
  {
    MutexLock lock(mu_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

}  // namespace nyala
