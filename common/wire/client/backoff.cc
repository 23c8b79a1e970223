#include "common/wire/client/backoff.h"

#include <algorithm>

namespace nyala {

Backoff::Backoff(uint64_t seed, const Options& options)
    : options_(options), random_(seed), ceiling_(options.initial) {}

std::chrono::nanoseconds Backoff::Next() {
  const auto ceiling = static_cast<double>(ceiling_.count());
  ceiling_ = std::min(options_.maximum, 2 * ceiling_);
  return std::chrono::nanoseconds(static_cast<int64_t>(random_.Uniform(ceiling / 2, ceiling)));
}

void Backoff::Reset() { ceiling_ = options_.initial; }

}  // namespace nyala
