// ShardThreads: runs body(0) .. body(n-1) side by side, body(0) on the caller's thread.
//
// Threads: Run is called by one thread; the other n-1 are owned here and joined by the destructor.
#pragma once

#include <exception>
#include <functional>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/thread.h"

namespace nyala {

class ShardThreads {
 public:
  explicit ShardThreads(int count);
  ~ShardThreads();

  // Returns when all have returned; rethrows the first exception one of them threw.
  void Run(const std::function<void(int)>& body);

 private:
  void Work(int index);
  void Call(int index, const std::function<void(int)>& body);

  const int count_;
  Mutex mu_;
  CondVar changed_;
  const std::function<void(int)>* body_ ABSL_GUARDED_BY(mu_) = nullptr;
  uint64_t round_ ABSL_GUARDED_BY(mu_) = 0;
  int running_ ABSL_GUARDED_BY(mu_) = 0;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::exception_ptr error_ ABSL_GUARDED_BY(mu_);
  std::vector<Thread> threads_;  // last: they use all of the above
};

}  // namespace nyala
