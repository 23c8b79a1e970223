#include "learner/training/shard_threads.h"

#include <string>
#include <utility>

#include "common/nn/torch_threads.h"

namespace nyala {

ShardThreads::ShardThreads(int count) : count_(count) {
  for (int i = 1; i < count; ++i) {
    threads_.emplace_back("shard-" + std::to_string(i), [this, i] { Work(i); });
  }
}

ShardThreads::~ShardThreads() {
  {
    MutexLock lock(mu_);
    ended_ = true;
  }
  changed_.NotifyAll();
}

void ShardThreads::Call(int index, const std::function<void(int)>& body) {
  std::exception_ptr error;
  try {
    body(index);
  } catch (...) {
    error = std::current_exception();
  }
  MutexLock lock(mu_);
  if (error && !error_) error_ = error;
  if (--running_ == 0) changed_.NotifyAll();
}

void ShardThreads::Run(const std::function<void(int)>& body) {
  {
    MutexLock lock(mu_);
    body_ = &body;
    running_ = count_;
    ++round_;
  }
  changed_.NotifyAll();
  Call(0, body);
  MutexLock lock(mu_);
  changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return running_ == 0; });
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void ShardThreads::Work(int index) {
  UseOneTorchThread();
  for (uint64_t done = 0;; ++done) {
    const std::function<void(int)>* body = nullptr;
    {
      MutexLock lock(mu_);
      changed_.Wait(mu_, [this, done]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return ended_ || round_ > done;
      });
      if (ended_) return;
      body = body_;
    }
    Call(index, *body);
  }
}

}  // namespace nyala
