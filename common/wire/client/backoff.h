// Backoff: how long to wait before the next attempt: exponential, with jitter.
//
// A delay is drawn from [d/2, d), where d doubles from `initial` up to `maximum`; the draws are a
// pure function of the seed, so actors with different seeds do not come back all at once. Holds no
// clock and never sleeps: wait with StopSource::WaitFor, so that a stop is prompt.
// Threads: none; one owner.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/random.h"

namespace nyala {

class Backoff {
 public:
  struct Options {
    std::chrono::nanoseconds initial = std::chrono::milliseconds(100);
    std::chrono::nanoseconds maximum = std::chrono::seconds(5);
  };

  explicit Backoff(uint64_t seed) : Backoff(seed, Options()) {}
  Backoff(uint64_t seed, const Options& options);
  // The delay before the next attempt.
  std::chrono::nanoseconds Next();
  // After a success: the next failure begins at `initial` again.
  void Reset();

 private:
  const Options options_;
  RandomSequence random_;
  std::chrono::nanoseconds ceiling_;
};

}  // namespace nyala
