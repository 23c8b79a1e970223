#include "learner/run/episode_stats.h"

#include <algorithm>
#include <cmath>

namespace nyala {

void EpisodeStats::Add(double episode_return, uint64_t length) {
  ring_[episodes_ % kWindow] = {episode_return, length};
  ++episodes_;
  UpdateMeans();
  if (full()) best_mean_return_ = std::fmax(best_mean_return_, mean_return_);
}

std::vector<EpisodeStats::Episode> EpisodeStats::Recent() const {
  const uint64_t count = std::min<uint64_t>(episodes_, kWindow);
  std::vector<Episode> recent;
  recent.reserve(count);
  for (uint64_t i = episodes_ - count; i < episodes_; ++i) recent.push_back(ring_[i % kWindow]);
  return recent;
}

bool EpisodeStats::Restore(const std::vector<Episode>& recent, uint64_t episodes,
                           double best_mean_return) {
  if (recent.size() != std::min<uint64_t>(episodes, kWindow)) return false;
  episodes_ = episodes;
  for (uint64_t i = 0; i < recent.size(); ++i) {
    ring_[(episodes - recent.size() + i) % kWindow] = recent[i];
  }
  UpdateMeans();
  best_mean_return_ = best_mean_return;
  return true;
}

// Summed anew each time, always from the oldest: a running sum would drift, and a restored one
// would differ from one that was not.
void EpisodeStats::UpdateMeans() {
  const uint64_t count = std::min<uint64_t>(episodes_, kWindow);
  double sum_of_returns = 0;
  uint64_t sum_of_lengths = 0;
  for (uint64_t i = episodes_ - count; i < episodes_; ++i) {
    const Episode& episode = ring_[i % kWindow];
    sum_of_returns += episode.episode_return;
    sum_of_lengths += episode.length;
  }
  mean_return_ = sum_of_returns / static_cast<double>(count);
  mean_length_ = static_cast<double>(sum_of_lengths) / static_cast<double>(count);
}

}  // namespace nyala
