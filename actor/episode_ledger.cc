#include "actor/episode_ledger.h"

#include "actor/row_check.h"
#include "common/base/random.h"
#include "common/rl/episode_rows.h"

namespace nyala {

EpisodeLedger::EpisodeLedger(const VectorEnvOptions& options)
    : id_(options.id),
      seed_(options.seed),
      first_environment_(options.first_environment),
      max_episode_frames_(options.max_episode_frames),
      columns_(options.E, Progress{options.first_episode}) {}

uint64_t EpisodeLedger::Seed(int64_t e, uint64_t episode) const {
  return RandomBits(seed_, first_environment_ + e, episode, RandomPurpose::kEpisodeSeed);
}

void EpisodeLedger::Begin(int64_t e) { columns_[e] = {columns_[e].next_episode + 1}; }

absl::StatusOr<EpisodeLedger::Taken> EpisodeLedger::Take(int64_t e, StepResult step, uint8_t* flags,
                                                         uint8_t* next_flags,
                                                         std::vector<EpisodeEnd>* ends) {
  if (step.terminated && step.truncated) {
    return EnvironmentFailure(id_, first_environment_ + e,
                              "its step is both terminated and truncated");
  }
  Progress& column = columns_[e];
  column.episode_return += step.reward;
  ++column.length;
  *next_flags = 0;
  // At the limit, or at the first frame after it where a stretch ended on it.
  const bool at_limit = max_episode_frames_ > 0 && column.length >= max_episode_frames_;
  if (at_limit && !step.terminated) step.truncated = true;
  Taken taken;
  taken.starts = step.terminated;
  taken.ended = step.truncated || (step.terminated && !step.goes_on);
  if (taken.ended) ends->push_back({e, {column.episode_return, column.length, step.truncated}});
  if (step.terminated) *flags |= kRowTerminated;
  if (!step.truncated) return taken;
  *flags |= kRowTruncated;
  *next_flags = kRowFinal;
  return taken;
}

}  // namespace nyala
