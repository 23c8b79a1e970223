#include "actor/vector_env.h"

#include <utility>

#include "actor/row_check.h"
#include "actor/state_bytes.h"
#include "common/base/check.h"
#include "common/base/exception_text.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

bool SameRows(const EnvSpec& a, const EnvSpec& b) {
  return a.observation == b.observation && a.action == b.action;
}

class GeneralVectorEnv : public VectorEnv {
 public:
  GeneralVectorEnv(const VectorEnvOptions& options,
                   std::vector<std::unique_ptr<Environment>> environments)
      : id_(options.id),
        spec_(environments[0]->spec()),
        observation_bytes_(spec_.observation.bytes()),
        action_bytes_(spec_.action.bytes()),
        seed_(options.seed),
        max_episode_frames_(options.max_episode_frames),
        first_environment_(options.first_environment),
        step_wait_seconds_(options.step_wait_seconds),
        wait_(options.wait),
        watch_(options.watch) {
    for (auto& environment : environments) {
      columns_.push_back({std::move(environment), {options.first_episode}});
    }
  }

  const EnvSpec& spec() const override { return spec_; }
  int64_t size() const override { return static_cast<int64_t>(columns_.size()); }

  absl::Status Reset(uint8_t* observations, uint8_t* flags) override {
    for (int64_t e = 0; e < size(); ++e) {
      NYALA_RETURN_IF_ERROR(StartEpisode(e, observations + e * observation_bytes_, &flags[e]));
    }
    return CheckRow(observations, nullptr);
  }

  absl::Status Step(const uint8_t* actions, uint8_t* flags, float* rewards,
                    uint8_t* next_observations, uint8_t* next_flags,
                    std::vector<EpisodeEnd>* ends) override {
    int64_t steps = 0;
    for (int64_t e = 0; e < size(); ++e) {
      uint8_t* const next = next_observations + e * observation_bytes_;
      if ((flags[e] & kRowFinal) != 0) {
        rewards[e] = 0;
        NYALA_RETURN_IF_ERROR(StartEpisode(e, next, &next_flags[e]));
        continue;
      }
      ++steps;
      Column& column = columns_[e];
      StepResult result;
      NYALA_RETURN_IF_ERROR(Call(e, [&](Environment& environment) {
        result = environment.Step(ActionRef{actions + e * action_bytes_}, ObservationRef{next});
      }));
      if (result.terminated && result.truncated) {
        return EnvironmentFailure(id_, first_environment_ + e,
                                  "its step is both terminated and truncated");
      }
      rewards[e] = result.reward;
      column.progress.episode_return += result.reward;
      ++column.progress.length;
      next_flags[e] = 0;
      // At the limit, or at the first frame after it where a stretch ended on it.
      if (max_episode_frames_ > 0 && column.progress.length >= max_episode_frames_ &&
          !result.terminated) {
        result.truncated = true;
      }
      const bool goes_on = result.terminated && result.goes_on;
      const bool ended = (result.terminated && !goes_on) || result.truncated;
      NYALA_RETURN_IF_ERROR(ShowWatcher(e, ended));
      if (!result.terminated && !result.truncated) continue;
      if (ended) {
        ends->push_back(
            {e, {column.progress.episode_return, column.progress.length, result.truncated}});
      }
      if (result.truncated) {
        flags[e] |= kRowTruncated;
        next_flags[e] = kRowFinal;
      } else {
        flags[e] |= kRowTerminated;
        NYALA_RETURN_IF_ERROR(StartEpisode(e, next, &next_flags[e], goes_on));
      }
    }
    if (step_wait_seconds_ > 0) wait_(step_wait_seconds_ * static_cast<double>(steps));
    return CheckRow(next_observations, rewards);
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
        NYALA_RETURN_IF_ERROR(StartEpisode(e, observations + e * observation_bytes_, &flags[e]));
      }
    }
    return reader.at_end() ? absl::OkStatus() : NotOurs();
  }

  DrawingSize drawing_size() const override { return columns_[0].environment->drawing_size(); }

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

  // Whatever goes wrong in there, an exception too, is a failure with the environment's name.
  template <typename Body>
  absl::Status Call(int64_t e, const Body& body) {
    Environment& environment = *columns_[e].environment;
    try {
      body(environment);
    } catch (...) {
      return EnvironmentFailure(id_, first_environment_ + e, ExceptionText());
    }
    if (environment.failure().ok()) return absl::OkStatus();
    return EnvironmentFailure(id_, first_environment_ + e,
                              OneLine(environment.failure().message()));
  }

  absl::Status CheckSpec(int64_t e) const {
    if (SameRows(columns_[e].environment->spec(), spec_)) return absl::OkStatus();
    return EnvironmentFailure(id_, first_environment_ + e, "its spec has changed");
  }

  absl::Status CheckRow(const uint8_t* observations, const float* rewards) const {
    return CheckFinite(id_, first_environment_, spec_.observation, size(), observations, rewards);
  }

  absl::Status ShowWatcher(int64_t e, bool ended) const {
    if (e != 0 || !watch_) return absl::OkStatus();
    const Column& column = columns_[e];
    return watch_(
        {*column.environment, column.progress.length, column.progress.episode_return, ended});
  }

  absl::Status StartEpisode(int64_t e, uint8_t* observation, uint8_t* flags, bool goes_on = false) {
    Column& column = columns_[e];
    if (!goes_on) {
      ++column.progress.next_episode;
      column.progress.episode_return = 0;
      column.progress.length = 0;
    }
    const uint64_t episode = column.progress.next_episode - 1;
    const uint64_t seed =
        RandomBits(seed_, first_environment_ + e, episode, RandomPurpose::kEpisodeSeed);
    NYALA_RETURN_IF_ERROR(CheckSpec(e));
    NYALA_RETURN_IF_ERROR(Call(e, [&](Environment& environment) {
      environment.Reset(seed, ObservationRef{observation});
    }));
    NYALA_RETURN_IF_ERROR(CheckSpec(e));
    *flags = kRowFirst;
    // To a watcher, a stretch that ended is no end.
    return goes_on ? absl::OkStatus() : ShowWatcher(e, false);
  }

  const std::string id_;
  const EnvSpec spec_;
  const int64_t observation_bytes_;
  const int64_t action_bytes_;
  const uint64_t seed_;
  const uint64_t max_episode_frames_;
  const uint64_t first_environment_;
  const double step_wait_seconds_;
  const std::function<void(double)> wait_;
  const Watch watch_;
  std::vector<Column> columns_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorEnv>> MakeVectorEnv(const VectorEnvOptions& options) {
  NYALA_CHECK(options.E >= 1, "a VectorEnv needs an environment");
  NYALA_ASSIGN_OR_RETURN(const EnvironmentId id, ParseEnvironmentId(options.id));
  if (VectorEnvs().Contains(id.name)) return VectorEnvs().Create(id.name, id, options);
  std::vector<std::unique_ptr<Environment>> environments;
  for (int64_t e = 0; e < options.E; ++e) {
    NYALA_ASSIGN_OR_RETURN(std::unique_ptr<Environment> environment,
                           Environments().Create(options.id));
    if (e > 0 && !SameRows(environment->spec(), environments[0]->spec())) {
      return EnvironmentFailure(options.id, options.first_environment + e,
                                "its spec is not that of another instance of it");
    }
    environments.push_back(std::move(environment));
  }
  return std::make_unique<GeneralVectorEnv>(options, std::move(environments));
}

absl::Status CheckEnvironmentName(const std::string& id) {
  NYALA_ASSIGN_OR_RETURN(const EnvironmentId parsed, ParseEnvironmentId(id));
  if (VectorEnvs().Contains(parsed.name)) return absl::OkStatus();
  return Environments().CheckName(id);
}

Outside OutsideOf(const std::string& id) {
  const absl::StatusOr<EnvironmentId> parsed = ParseEnvironmentId(id);
  if (parsed.ok() && VectorEnvs().Contains(parsed->name)) {
    return VectorEnvs().ReachOf(parsed->name).Of(*parsed);
  }
  return Environments().OutsideOf(id);
}

absl::StatusOr<EnvSpec> DescribeEnvironment(const std::string& id, double step_timeout_seconds) {
  VectorEnvOptions options;
  options.id = id;
  options.step_timeout_seconds = step_timeout_seconds;
  NYALA_ASSIGN_OR_RETURN(const std::unique_ptr<VectorEnv> one, MakeVectorEnv(options));
  return one->spec();
}

}  // namespace nyala
