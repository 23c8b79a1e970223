// WorkQueue: threads that run jobs in order, for work that must not run on gRPC's threads.
//
// Bounded: whoever posts guarantees that no more than `capacity` jobs wait; one more is our own
// mistake. Ends with Finish: runs what is queued, then joins.
// Threads: Post from any; Finish from the owner, once.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/base/queue.h"
#include "common/base/thread.h"

namespace nyala {

class WorkQueue {
 public:
  using Job = std::function<void()>;

  WorkQueue(const std::string& name, int threads, size_t capacity) : jobs_(capacity) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back(name, [this] { Run(); });
  }
  ~WorkQueue() { Finish(); }

  // Never blocks. Not after Finish.
  void Post(Job job) {
    const bool posted = jobs_.TryPush(std::move(job));
    NYALA_CHECK(posted, "a work queue overflowed or had ended");
  }

  void Finish() {
    jobs_.Drain();
    for (Thread& thread : threads_) thread.Join();
  }

 private:
  void Run() {
    while (auto job = jobs_.Pop()) (*job)();
  }

  BoundedQueue<Job> jobs_;
  std::vector<Thread> threads_;
};

}  // namespace nyala
