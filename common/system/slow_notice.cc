#include "common/system/slow_notice.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"

namespace nyala {
namespace {

// More would only pile up where nobody reads them.
constexpr size_t kMostLines = 8;

}  // namespace

SlowNotice::SlowNotice(Options options)
    : options_(std::move(options)), thread_("slow-notice", [this] { Work(); }) {}

SlowNotice::~SlowNotice() {
  {
    MutexLock lock(mu_);
    closed_ = true;
  }
  changed_.NotifyAll();
  thread_.Join();
}

double SlowNotice::Seconds() const { return MonotonicSeconds() - began_; }

std::string SlowNotice::Line() const {
  return absl::StrFormat("%s %s for %.0f s %s", what_, doing_, Seconds(), then_);
}

void SlowNotice::Queue(const std::string& line) {
  if (lines_.size() < kMostLines) lines_.push_back(line);
  changed_.NotifyAll();
}

void SlowNotice::Begin(const std::string& what, const std::string& doing, const std::string& then) {
  MutexLock lock(mu_);
  what_ = what;
  doing_ = doing;
  then_ = then;
  began_ = MonotonicSeconds();
  next_ = options_.first_seconds;
  going_ = true;
  said_ = false;
  changed_.NotifyAll();
}

void SlowNotice::Change(const std::string& then) {
  MutexLock lock(mu_);
  then_ = then;
  if (going_ && said_) Queue(Line());
}

void SlowNotice::End(const std::string& how) {
  MutexLock lock(mu_);
  going_ = false;
  if (said_) Queue(absl::StrFormat("%s %s after %.0f s", what_, how, Seconds()));
}

bool SlowNotice::Next(std::string* line) {
  MutexLock lock(mu_);
  while (true) {
    if (!lines_.empty()) {
      *line = std::move(lines_.front());
      lines_.pop_front();
      return true;
    }
    if (closed_) return false;
    if (!going_) {
      changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return closed_ || going_ || !lines_.empty();
      });
      continue;
    }
    if (Seconds() >= next_) {
      next_ *= 2;
      said_ = true;
      *line = Line();
      return true;
    }
    const std::chrono::duration<double> left(next_ - Seconds());
    changed_.WaitFor(mu_, std::chrono::duration_cast<std::chrono::nanoseconds>(left),
                     [this, began = began_]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
                       return closed_ || !going_ || began_ != began || !lines_.empty();
                     });
  }
}

void SlowNotice::Work() {
  std::string line;
  // Not under the lock: whoever reads the lines may be slow as well.
  while (Next(&line)) options_.say(line);
}

}  // namespace nyala
