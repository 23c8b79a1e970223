#include "actor/vector_env.h"

#include <utility>

#include "actor/episode_ledger.h"
#include "actor/row_check.h"
#include "actor/state_bytes.h"
#include "common/base/check.h"
#include "common/base/exception_text.h"
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
        first_environment_(options.first_environment),
        step_wait_seconds_(options.step_wait_seconds),
        wait_(options.wait),
        watch_(options.watch),
        environments_(std::move(environments)),
        ledger_(options) {}

  const EnvSpec& spec() const override { return spec_; }
  int64_t size() const override { return static_cast<int64_t>(environments_.size()); }

  absl::Status Reset(uint8_t* observations, uint8_t* flags) override {
    for (int64_t e = 0; e < size(); ++e) {
      NYALA_RETURN_IF_ERROR(StartEpisode(e, observations + e * observation_bytes_, &flags[e]));
    }
    return CheckRow(observations, nullptr);
  }

  absl::Status Step(const StepRow& row, std::vector<EpisodeEnd>* ends) override {
    int64_t steps = 0;
    for (int64_t e = 0; e < size(); ++e) {
      uint8_t* const next = row.next_observations + e * observation_bytes_;
      if ((row.flags[e] & kRowFinal) != 0) {
        row.rewards[e] = 0;
        NYALA_RETURN_IF_ERROR(StartEpisode(e, next, &row.next_flags[e]));
        continue;
      }
      ++steps;
      StepResult result;
      NYALA_RETURN_IF_ERROR(Call(e, [&](Environment& environment) {
        result = environment.Step(ActionRef{row.actions + e * action_bytes_}, ObservationRef{next});
      }));
      row.rewards[e] = result.reward;
      NYALA_ASSIGN_OR_RETURN(const EpisodeLedger::Taken taken,
                             ledger_.Take(e, result, &row.flags[e], &row.next_flags[e], ends));
      NYALA_RETURN_IF_ERROR(ShowWatcher(e, taken.ended));
      if (!taken.starts) continue;
      NYALA_RETURN_IF_ERROR(StartEpisode(e, next, &row.next_flags[e], !taken.ended));
    }
    if (step_wait_seconds_ > 0) wait_(step_wait_seconds_ * static_cast<double>(steps));
    return CheckRow(row.next_observations, row.rewards);
  }

  void SaveState(std::string* state) const override {
    AppendValue<uint64_t>(environments_.size(), state);
    for (int64_t e = 0; e < size(); ++e) {
      AppendValue(ledger_.progress(e), state);
      std::string inner;
      const bool saved = environments_[e]->SaveState(&inner).ok();
      AppendValue<uint8_t>(saved ? 1 : 0, state);
      AppendBytes(saved ? inner : std::string(), state);
    }
  }

  absl::Status RestoreState(absl::string_view state, uint8_t* observations,
                            uint8_t* flags) override {
    StateReader reader(state);
    uint64_t count = 0;
    if (!reader.Read(&count) || count != environments_.size()) return NotOurs();
    for (int64_t e = 0; e < size(); ++e) {
      uint8_t saved = 0;
      absl::string_view inner;
      if (!reader.Read(&ledger_.progress(e)) || !reader.Read(&saved) || !reader.ReadBytes(&inner)) {
        return NotOurs();
      }
      if (saved != 0) {
        NYALA_RETURN_IF_ERROR(environments_[e]->RestoreState(inner));
      } else {
        NYALA_RETURN_IF_ERROR(StartEpisode(e, observations + e * observation_bytes_, &flags[e]));
      }
    }
    return reader.at_end() ? absl::OkStatus() : NotOurs();
  }

  DrawingSize drawing_size() const override { return environments_[0]->drawing_size(); }

 private:
  static absl::Status NotOurs() {
    return absl::InvalidArgumentError("not the saved state of these environments");
  }

  // Whatever goes wrong in there, an exception too, is a failure with the environment's name.
  template <typename Body>
  absl::Status Call(int64_t e, const Body& body) {
    Environment& environment = *environments_[e];
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
    if (SameRows(environments_[e]->spec(), spec_)) return absl::OkStatus();
    return EnvironmentFailure(id_, first_environment_ + e, "its spec has changed");
  }

  absl::Status CheckRow(const uint8_t* observations, const float* rewards) const {
    return CheckFinite(id_, first_environment_, spec_.observation, size(), observations, rewards);
  }

  absl::Status ShowWatcher(int64_t e, bool ended) const {
    if (e != 0 || !watch_) return absl::OkStatus();
    const EpisodeLedger::Progress& progress = ledger_.progress(e);
    return watch_({*environments_[e], progress.length, progress.episode_return, ended});
  }

  absl::Status StartEpisode(int64_t e, uint8_t* observation, uint8_t* flags, bool goes_on = false) {
    if (!goes_on) ledger_.Begin(e);
    const uint64_t seed = ledger_.SeedOfThis(e);
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
  const uint64_t first_environment_;
  const double step_wait_seconds_;
  const std::function<void(double)> wait_;
  const Watch watch_;
  const std::vector<std::unique_ptr<Environment>> environments_;
  EpisodeLedger ledger_;
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
