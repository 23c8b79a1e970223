// EpisodeStats: the last 100 episodes of a run and the best mean they ever had.
//
// A value type of constant size, stored in checkpoints. Not thread-safe: the owner guards it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace nyala {

class EpisodeStats {
 public:
  static constexpr size_t kWindow = 100;

  struct Episode {
    double episode_return = 0;
    uint64_t length = 0;  // frames
  };

  void Add(double episode_return, uint64_t length);

  // Episodes ever added.
  uint64_t episodes() const { return episodes_; }
  // Whether there are 100, so that a goal may be judged.
  bool full() const { return episodes_ >= kWindow; }
  // Over the last (at most) 100; NaN before the first.
  double mean_return() const { return mean_return_; }
  double mean_length() const { return mean_length_; }
  // The highest mean over 100 episodes; NaN before there were so many.
  double best_mean_return() const { return best_mean_return_; }

  // The last (at most) 100, oldest first.
  std::vector<Episode> Recent() const;
  // What Recent(), episodes() and best_mean_return() said; false when they do not fit together.
  bool Restore(const std::vector<Episode>& recent, uint64_t episodes, double best_mean_return);

 private:
  void UpdateMeans();

  std::array<Episode, kWindow> ring_{};
  uint64_t episodes_ = 0;
  double mean_return_ = std::numeric_limits<double>::quiet_NaN();
  double mean_length_ = std::numeric_limits<double>::quiet_NaN();
  double best_mean_return_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace nyala
