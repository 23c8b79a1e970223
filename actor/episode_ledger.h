// EpisodeLedger: the episodes of the E columns of a VectorEnv: which one is under way, its seed,
// its return and length so far, and what its rows are flagged with (common/rl/episode_rows.h).
//
// Episode number n of environment i starts from the seed RandomBits(seed, i, n, kEpisodeSeed). One
// thread.
#pragma once

#include <cstdint>
#include <vector>

#include "actor/environment.h"
#include "actor/vector_env.h"

namespace nyala {

class EpisodeLedger {
 public:
  explicit EpisodeLedger(const VectorEnvOptions& options);

  // Of one column. Its bytes are in saved states.
  struct Progress {
    uint64_t next_episode = 0;
    double episode_return = 0;
    uint64_t length = 0;
  };
  Progress& progress(int64_t e) { return columns_[e]; }
  const Progress& progress(int64_t e) const { return columns_[e]; }

  uint64_t SeedOfNext(int64_t e) const { return Seed(e, columns_[e].next_episode); }
  // Of the episode under way.
  uint64_t SeedOfThis(int64_t e) const { return Seed(e, columns_[e].next_episode - 1); }
  // The column's next episode begins.
  void Begin(int64_t e);

  struct Taken {
    // The episode has ended, and is in `ends`.
    bool ended = false;
    // The next row is the first of another stretch: the environment starts anew, in another episode
    // if this one has ended.
    bool starts = false;
  };
  // Takes in one step of column e, truncated at the limit of frames; adds to the flags of its row
  // and sets those of the next, which are 0 where it starts. An error: it was terminated and
  // truncated at once.
  absl::StatusOr<Taken> Take(int64_t e, StepResult step, uint8_t* flags, uint8_t* next_flags,
                             std::vector<EpisodeEnd>* ends);

 private:
  uint64_t Seed(int64_t e, uint64_t episode) const;

  const std::string id_;
  const uint64_t seed_;
  const uint64_t first_environment_;
  const uint64_t max_episode_frames_;
  std::vector<Progress> columns_;
};

}  // namespace nyala
