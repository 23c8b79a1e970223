#include "common/base/stop.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

namespace nyala {

void StopSource::RequestStop(const std::string& reason) {
  std::vector<std::function<void()>> callbacks;
  {
    MutexLock lock(mu_);
    if (stop_requested()) return;
    reason_ = reason;
    requested_.store(true, std::memory_order_release);
    callbacks.swap(callbacks_);
  }
  changed_.NotifyAll();
  for (auto& callback : callbacks) callback();
}

std::string StopSource::reason() const {
  MutexLock lock(mu_);
  return reason_;
}

void StopSource::OnStop(std::function<void()> callback) {
  {
    MutexLock lock(mu_);
    if (!stop_requested()) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

bool StopSource::WaitFor(std::chrono::nanoseconds duration) {
  MutexLock lock(mu_);
  return changed_.WaitFor(mu_, duration, [this] { return stop_requested(); });
}

void InstallSignalHandlers(StopSource* stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::thread([stop, signals] {
    pthread_setname_np(pthread_self(), "signals");
    for (int count = 1;; ++count) {
      int number = 0;
      if (sigwait(&signals, &number) != 0) continue;
      if (count > 1) _exit(128 + number);
      stop->RequestStop(number == SIGINT ? "interrupted (SIGINT)" : "terminated (SIGTERM)");
    }
  }).detach();
}

}  // namespace nyala
