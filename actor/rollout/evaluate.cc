#include "actor/rollout/evaluate.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/vector_env.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/config/run_rules.h"
#include "common/rl/action_key.h"

namespace nyala {
namespace {

// More at once is cheaper a frame, but more frames are played past the quotas.
constexpr int64_t kMostAtOnce = 32;

class Evaluation {
 public:
  Evaluation(const EvalOptions& options, uint64_t seed, std::unique_ptr<VectorEnv> environments,
             std::unique_ptr<Inference> inference, CallMark* mark)
      : environments_(std::move(environments)),
        mark_(mark),
        inference_(std::move(inference)),
        E_(environments_->size()),
        actions_(E_ * environments_->spec().action.bytes()),
        environment_actions_(actions_.size()),
        log_mu_(E_),
        rewards_(E_),
        state_(E_ * inference_->state_size()),
        keys_(E_),
        quota_(E_),
        results_(E_) {
    for (int64_t e = 0; e < E_; ++e) {
      quota_[e] = options.episodes / E_ + (e < options.episodes % E_ ? 1 : 0);
      keys_[e] = {seed, static_cast<uint64_t>(e), 0};
    }
    for (Row* row : {&now_, &next_}) {
      row->observations.resize(E_ * environments_->spec().observation.bytes());
      row->flags.resize(E_);
    }
  }

  absl::StatusOr<EvalResult> Play(const ParameterSnapshot& parameters, const StopSource& stop) {
    NYALA_RETURN_IF_ERROR(inference_->Load(parameters));
    NYALA_RETURN_IF_ERROR(Reset());
    while (!Complete()) {
      if (stop.stop_requested()) return absl::CancelledError("stopped");
      NYALA_RETURN_IF_ERROR(PlayRow());
    }
    EvalResult all;
    for (const std::vector<EpisodeResult>& column : results_) {
      all.episodes.insert(all.episodes.end(), column.begin(), column.end());
    }
    return all;
  }

 private:
  struct Row {
    std::vector<uint8_t> observations;
    std::vector<uint8_t> flags;
  };

  bool Complete() const {
    for (int64_t e = 0; e < E_; ++e) {
      if (results_[e].size() < quota_[e]) return false;
    }
    return true;
  }

  absl::Status Reset() {
    const CallMark::Scope scope(mark_);
    return environments_->Reset(now_.observations.data(), now_.flags.data());
  }

  absl::Status PlayRow() {
    ActRow row;
    row.E = E_;
    row.observations = now_.observations.data();
    row.flags = now_.flags.data();
    row.state = state_.data();
    row.keys = keys_.data();
    row.actions = actions_.data();
    row.environment_actions = environment_actions_.data();
    row.log_mu = log_mu_.data();
    NYALA_RETURN_IF_ERROR(inference_->Act(row));
    ends_.clear();
    NYALA_RETURN_IF_ERROR(Step());
    for (const EpisodeEnd& end : ends_) {
      if (results_[end.column].size() < quota_[end.column]) {
        results_[end.column].push_back(end.result);
      }
    }
    for (ActionKey& key : keys_) ++key.step;
    std::swap(now_, next_);
    return absl::OkStatus();
  }

  absl::Status Step() {
    const CallMark::Scope scope(mark_);
    return environments_->Step({environment_actions_.data(), now_.flags.data(), rewards_.data(),
                                next_.observations.data(), next_.flags.data()},
                               &ends_);
  }

  const std::unique_ptr<VectorEnv> environments_;
  CallMark* const mark_;
  const std::unique_ptr<Inference> inference_;
  const int64_t E_;
  Row now_, next_;
  std::vector<uint8_t> actions_, environment_actions_;
  std::vector<float> log_mu_, rewards_, state_;
  std::vector<ActionKey> keys_;
  std::vector<EpisodeEnd> ends_;
  std::vector<size_t> quota_;
  std::vector<std::vector<EpisodeResult>> results_;
};

absl::StatusOr<std::unique_ptr<VectorEnv>> Make(const VectorEnvOptions& options, CallMark* mark) {
  const CallMark::Scope scope(mark);
  return MakeVectorEnv(options);
}

// Fills in options->max_episode_frames.
absl::StatusOr<std::unique_ptr<VectorEnv>> MakeEnding(const EvalOptions& eval, CallMark* mark,
                                                      VectorEnvOptions* options) {
  options->max_episode_frames = eval.max_episode_frames.value_or(
      UpdateRuleOf(eval.config) == UpdateRule::kWholeSessions
          ? static_cast<uint64_t>(eval.config.batch().max_session_frames())
          : 0);
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<VectorEnv> made, Make(*options, mark));
  if (eval.max_episode_frames || options->max_episode_frames > 0 ||
      made->spec().max_episode_steps > 0) {
    return made;
  }
  options->max_episode_frames = kUnendingFrames;
  made.reset();
  return Make(*options, mark);
}

void CountCut(uint64_t max_episode_frames, EvalResult* result) {
  result->cut_frames = max_episode_frames;
  if (max_episode_frames == 0) return;
  for (const EpisodeResult& episode : result->episodes) {
    if (episode.truncated && episode.length >= max_episode_frames) ++result->cut;
  }
}

}  // namespace

absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options,
                                    const InferenceFactory& make_inference,
                                    const ParameterSnapshot& parameters, StopSource& stop) {
  if (options.episodes < 1) {
    return absl::InvalidArgumentError("an evaluation needs at least 1 episode");
  }
  VectorEnvOptions environment;
  environment.id = options.config.environment().id();
  environment.E = options.watch ? 1 : std::min(options.episodes, kMostAtOnce);
  // Not the starts that training saw.
  environment.seed = RandomBits(options.seed, 0, 0, RandomPurpose::kEvaluation);
  environment.step_timeout_seconds = options.config.environment().step_timeout_seconds();
  const auto hangs = HangWatch::Start(environment.step_timeout_seconds, options.on_hang);
  CallMark* const mark = hangs == nullptr ? nullptr : hangs->Add(environment, "main");
  if (options.watch) {
    environment.watch = [&options, mark](const WatchedRow& row) {
      // It is called from within a call, but its time is not the environment's.
      const CallMark::Scope outside(mark);
      return options.watch(row);
    };
  }
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<VectorEnv> environments,
                         MakeEnding(options, mark, &environment));
  if (options.watch && environments->drawing_size().width == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("environment '", environment.id, "' does not draw itself"));
  }
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<Inference> inference,
                         make_inference(options.config, environments->spec()));
  Evaluation evaluation(options, environment.seed, std::move(environments), std::move(inference),
                        mark);
  NYALA_ASSIGN_OR_RETURN(EvalResult result, evaluation.Play(parameters, stop));
  CountCut(environment.max_episode_frames, &result);
  return result;
}

absl::StatusOr<EvalResult> Evaluate(const EvalOptions& options, const ParameterSnapshot& parameters,
                                    StopSource& stop) {
  return Evaluate(
      options,
      [&](const RunConfig& config, const EnvSpec& env) {
        return MakeLocalInference(config, env, options.greedy);
      },
      parameters, stop);
}

}  // namespace nyala
