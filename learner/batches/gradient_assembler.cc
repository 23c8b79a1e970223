#include "learner/batches/gradient_assembler.h"

#include <algorithm>

namespace nyala {
namespace {

std::vector<std::unique_ptr<Slab>> MakeSlabs(const UnrollSpec& spec, int64_t count) {
  std::vector<std::unique_ptr<Slab>> slabs;
  for (int64_t i = 0; i < count; ++i) slabs.push_back(std::make_unique<Slab>(spec, 0, 1));
  return slabs;
}

}  // namespace

GradientAssembler::GradientAssembler(const UnrollSpec& spec, const Options& options)
    : options_(options), slabs_(MakeSlabs(spec, options.slabs)) {
  for (const auto& slab : slabs_) empty_.push_back(slab.get());
}

absl::StatusOr<UnrollVerdict> GradientAssembler::Admit(const UnrollView& unroll,
                                                       uint64_t newest_version) {
  MutexLock lock(mu_);
  if (empty_.empty() && !closed_) {
    blocked_.Begin();
    changed_.Wait(
        mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return closed_ || !empty_.empty(); });
    blocked_.End();
  }
  if (closed_) return why_closed_;
  // It will be applied after the gradient in training and those that already wait.
  const uint64_t before = full_.size() + (in_training_ ? 1 : 0);
  const uint64_t applied_at = std::max(next_version_, newest_version) + before;
  if (options_.max_policy_lag > 0 && applied_at > unroll.policy_version + options_.max_policy_lag) {
    return UnrollVerdict::kStale;
  }
  Slab* slab = empty_.front();
  empty_.pop_front();
  slab->gradient.assign(unroll.gradient.begin(), unroll.gradient.end());
  slab->facts = unroll.facts;
  slab->parts.push_back({unroll.id.actor, unroll.id.thread, unroll.policy_version, 1,
                         std::string(unroll.resume_state), unroll.first_environment});
  slab->episodes.assign(unroll.episodes.begin(), unroll.episodes.end());
  full_.push_back(slab);
  changed_.NotifyAll();
  return UnrollVerdict::kAccepted;
}

Slab* GradientAssembler::NextFull() {
  MutexLock lock(mu_);
  changed_.Wait(mu_,
                [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return closed_ || !full_.empty(); });
  if (closed_) return nullptr;
  Slab* slab = full_.front();
  full_.pop_front();
  in_training_ = true;
  return slab;
}

void GradientAssembler::Recycle(Slab* slab, uint64_t next_version) {
  slab->Clear();
  MutexLock lock(mu_);
  next_version_ = next_version;
  in_training_ = false;
  empty_.push_back(slab);
  changed_.NotifyAll();
}

void GradientAssembler::Close(const absl::Status& why) {
  MutexLock lock(mu_);
  if (closed_) return;
  why_closed_ = why;
  closed_ = true;
  changed_.NotifyAll();
}

double GradientAssembler::blocked_seconds() const {
  MutexLock lock(mu_);
  return blocked_.seconds();
}

}  // namespace nyala
