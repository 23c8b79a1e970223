// When a batch is a fault rather than news, for running statistics that one wild value would ruin
// for good. Pure.
#pragma once

namespace nyala {

struct RunningMoments {
  double count = 0;
  double mean = 0;
  double variance = 0;
};

// From a thousand values on it is known what to expect; a batch whose mean square about the known
// mean is 1e8 times as large as that (or not a number) is left out.
inline bool IsFarBeyond(const RunningMoments& known, double mean, double variance) {
  constexpr double kValuesThatTell = 1000, kMostSurprise = 1e8;
  if (known.count < kValuesThatTell) return false;
  const double delta = mean - known.mean;
  const double usual = known.variance + known.mean * known.mean + 1;
  return !(variance + delta * delta <= kMostSurprise * usual);
}

}  // namespace nyala
