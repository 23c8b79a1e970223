#include "common/system/stop.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "common/base/clock.h"
#include "common/system/stop_signals.h"

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

namespace {

pthread_t signal_thread;

// Runs on threads that do not block the signals because they are older than InstallSignalHandlers,
// as the ones that OpenBLAS starts when it is loaded.
void ForwardToSignalThread(int number) { pthread_kill(signal_thread, number); }

void ForwardSignals() {
  struct sigaction action = {};
  action.sa_handler = ForwardToSignalThread;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (const StopSignal& signal : StopSignals()) sigaction(signal.number, &action, nullptr);
}

[[noreturn]] void TakeSignals(StopSource* stop, SecondSignal second, const sigset_t& signals) {
  StopSignalCount count;
  for (;;) {
    int number = 0;
    if (sigwait(&signals, &number) != 0) continue;
    const StopRequest request = count.Take(number, MonotonicSeconds());
    if (request == StopRequest::kOrderly) stop->RequestStop(StopReason(number));
    if (request == StopRequest::kAtOnce && second == SecondSignal::kEndsProcess) {
      _exit(128 + number);
    }
  }
}

}  // namespace

void InstallSignalHandlers(StopSource* stop, SecondSignal second) {
  const sigset_t signals = StopSignalSet();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread thread([stop, second, signals] {
    pthread_setname_np(pthread_self(), "signals");
    TakeSignals(stop, second, signals);
  });
  signal_thread = thread.native_handle();
  ForwardSignals();
  thread.detach();
}

}  // namespace nyala
