// What the calls of one client share. Internal to common/wire.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "common/base/mutex.h"

namespace nyala {

// The contexts of the calls in progress, so that Shutdown can interrupt them.
// Threads: any. A context must be removed before it is destroyed.
class ClientCalls {
 public:
  // After Shutdown the call is cancelled before it starts.
  void Add(grpc::ClientContext* context) {
    MutexLock lock(mu_);
    contexts_.insert(context);
    if (shut_down_) context->TryCancel();
  }
  void Remove(grpc::ClientContext* context) {
    MutexLock lock(mu_);
    contexts_.erase(context);
  }
  void Shutdown() {
    MutexLock lock(mu_);
    shut_down_ = true;
    for (grpc::ClientContext* context : contexts_) context->TryCancel();
  }
  bool shut_down() const {
    MutexLock lock(mu_);
    return shut_down_;
  }

 private:
  mutable Mutex mu_;
  std::set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mu_);
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
};

// An unroll that was sent and not acknowledged.
struct PendingUnroll {
  uint64_t sequence;
  grpc::ByteBuffer bytes;  // shares memory with what gRPC sends
};
using PendingUnrolls = std::deque<PendingUnroll>;

// Keeps what broken streams leave behind, by rollout thread, while the learner goes on where this
// actor was. At most a window of unrolls for each thread. Threads: any.
class UnackedUnrolls {
 public:
  // After a new join: what belongs to another incarnation or place is dropped.
  void Begin(uint64_t incarnation, uint32_t actor, bool continues) {
    MutexLock lock(mu_);
    if (continues && incarnation == incarnation_ && actor == actor_) return;
    incarnation_ = incarnation;
    actor_ = actor;
    kept_.clear();
  }
  void Keep(uint64_t incarnation, uint32_t actor, uint32_t thread, PendingUnrolls unrolls) {
    MutexLock lock(mu_);
    if (incarnation == incarnation_ && actor == actor_) kept_[thread] = std::move(unrolls);
  }
  PendingUnrolls Take(uint32_t thread) {
    MutexLock lock(mu_);
    PendingUnrolls taken;
    taken.swap(kept_[thread]);
    return taken;
  }

 private:
  Mutex mu_;
  uint64_t incarnation_ ABSL_GUARDED_BY(mu_) = 0;
  uint32_t actor_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<uint32_t, PendingUnrolls> kept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace nyala
