#include "learner/admission/parameter_store.h"

#include <utility>

#include "common/base/check.h"

namespace nyala {

void ParameterStore::Publish(std::shared_ptr<const ParameterSnapshot> snapshot) {
  const uint64_t version = snapshot->version;
  std::vector<std::function<void(uint64_t)>> subscribers;
  {
    MutexLock lock(mu_);
    NYALA_CHECK(newest_ == nullptr || version > newest_->version, "policy versions must go up");
    newest_.swap(snapshot);
    subscribers = subscribers_;
  }
  for (const auto& on_published : subscribers) on_published(version);
}

std::shared_ptr<const ParameterSnapshot> ParameterStore::Newest() const {
  MutexLock lock(mu_);
  return newest_;
}

uint64_t ParameterStore::version() const {
  MutexLock lock(mu_);
  return newest_ == nullptr ? 0 : newest_->version;
}

void ParameterStore::Subscribe(std::function<void(uint64_t)> on_published) {
  MutexLock lock(mu_);
  subscribers_.push_back(std::move(on_published));
}

}  // namespace nyala
