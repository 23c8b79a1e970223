#include "actor/vector_env.h"

#include <utility>

#include "actor/state_bytes.h"
#include "common/base/check.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

class GeneralVectorEnv : public VectorEnv {
 public:
  GeneralVectorEnv(const VectorEnvOptions& options,
                   std::vector<std::unique_ptr<Environment>> environments)
      : spec_(environments[0]->spec()),
        observation_bytes_(spec_.observation.bytes()),
        action_bytes_(spec_.action.bytes()),
        seed_(options.seed),
        max_episode_frames_(options.max_episode_frames),
        first_environment_(options.first_environment),
        step_wait_seconds_(options.step_wait_seconds),
        wait_(options.wait) {
    for (auto& environment : environments) {
      columns_.push_back({std::move(environment), {options.first_episode}});
    }
  }

  const EnvSpec& spec() const override { return spec_; }
  int64_t size() const override { return static_cast<int64_t>(columns_.size()); }

  void Reset(uint8_t* observations, uint8_t* flags) override {
    for (int64_t e = 0; e < size(); ++e) {
      flags[e] = StartEpisode(e, observations + e * observation_bytes_);
    }
  }

  void Step(const uint8_t* actions, uint8_t* flags, float* rewards, uint8_t* next_observations,
            uint8_t* next_flags, std::vector<EpisodeEnd>* ends) override {
    int64_t steps = 0;
    for (int64_t e = 0; e < size(); ++e) {
      uint8_t* const next = next_observations + e * observation_bytes_;
      if ((flags[e] & kRowFinal) != 0) {
        rewards[e] = 0;
        next_flags[e] = StartEpisode(e, next);
        continue;
      }
      ++steps;
      Column& column = columns_[e];
      StepResult result =
          column.environment->Step(ActionRef{actions + e * action_bytes_}, ObservationRef{next});
      rewards[e] = result.reward;
      column.progress.episode_return += result.reward;
      ++column.progress.length;
      next_flags[e] = 0;
      if (column.progress.length == max_episode_frames_ && !result.terminated) {
        result.truncated = true;
      }
      if (!result.terminated && !result.truncated) continue;
      ends->push_back(
          {e, {column.progress.episode_return, column.progress.length, result.truncated}});
      if (result.truncated) {
        flags[e] |= kRowTruncated;
        next_flags[e] = kRowFinal;
      } else {
        flags[e] |= kRowTerminated;
        next_flags[e] = StartEpisode(e, next);
      }
    }
    if (step_wait_seconds_ > 0) wait_(step_wait_seconds_ * static_cast<double>(steps));
  }

  void SaveState(std::string* state) const override {
    AppendValue<uint64_t>(columns_.size(), state);
    for (const Column& column : columns_) {
      AppendValue(column.progress, state);
      std::string inner;
      const bool saved = column.environment->SaveState(&inner).ok();
      AppendValue<uint8_t>(saved ? 1 : 0, state);
      AppendBytes(saved ? inner : std::string(), state);
    }
  }

  absl::Status RestoreState(absl::string_view state, uint8_t* observations,
                            uint8_t* flags) override {
    StateReader reader(state);
    uint64_t count = 0;
    if (!reader.Read(&count) || count != columns_.size()) return NotOurs();
    for (int64_t e = 0; e < size(); ++e) {
      uint8_t saved = 0;
      absl::string_view inner;
      Column& column = columns_[e];
      if (!reader.Read(&column.progress) || !reader.Read(&saved) || !reader.ReadBytes(&inner)) {
        return NotOurs();
      }
      if (saved != 0) {
        NYALA_RETURN_IF_ERROR(column.environment->RestoreState(inner));
      } else {
        flags[e] = StartEpisode(e, observations + e * observation_bytes_);
      }
    }
    return reader.at_end() ? absl::OkStatus() : NotOurs();
  }

 private:
  struct Progress {
    uint64_t next_episode = 0;
    double episode_return = 0;
    uint64_t length = 0;
  };
  struct Column {
    std::unique_ptr<Environment> environment;
    Progress progress;
  };

  static absl::Status NotOurs() {
    return absl::InvalidArgumentError("not the saved state of these environments");
  }

  // Returns the flags of the row it writes.
  uint8_t StartEpisode(int64_t e, uint8_t* observation) {
    Column& column = columns_[e];
    const uint64_t episode = column.progress.next_episode++;
    column.progress.episode_return = 0;
    column.progress.length = 0;
    column.environment->Reset(
        RandomBits(seed_, first_environment_ + e, episode, RandomPurpose::kEpisodeSeed),
        ObservationRef{observation});
    return kRowFirst;
  }

  const EnvSpec spec_;
  const int64_t observation_bytes_;
  const int64_t action_bytes_;
  const uint64_t seed_;
  const uint64_t max_episode_frames_;
  const uint64_t first_environment_;
  const double step_wait_seconds_;
  const std::function<void(double)> wait_;
  std::vector<Column> columns_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorEnv>> MakeVectorEnv(const VectorEnvOptions& options) {
  NYALA_CHECK(options.E >= 1, "a VectorEnv needs an environment");
  std::vector<std::unique_ptr<Environment>> environments;
  for (int64_t e = 0; e < options.E; ++e) {
    NYALA_ASSIGN_OR_RETURN(std::unique_ptr<Environment> environment,
                           Environments().Create(options.id));
    environments.push_back(std::move(environment));
  }
  return std::make_unique<GeneralVectorEnv>(options, std::move(environments));
}

}  // namespace nyala
