#include "actor/rollout/unroll_builder.h"

#include <algorithm>
#include <utility>

#include "actor/state_bytes.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

UnrollSpec SpecOf(const UnrollBuilderOptions& options, const VectorEnv& environments) {
  UnrollSpec spec;
  spec.T = options.T;
  spec.E = environments.size();
  spec.observation = environments.spec().observation;
  spec.action = environments.spec().action;
  spec.state_size = options.state_size;
  return spec;
}

absl::Status NotOurs() {
  return absl::InvalidArgumentError("the resume state is not one of this run's rollout threads");
}

template <typename T>
absl::string_view AsBytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// Only bytes of exactly the vector's size fit.
template <typename T>
bool ReadInto(StateReader& reader, std::vector<T>* values) {
  absl::string_view bytes;
  if (!reader.ReadBytes(&bytes) || bytes.size() != values->size() * sizeof(T)) return false;
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(values->data()));
  return true;
}

}  // namespace

UnrollBuilder::UnrollBuilder(const UnrollBuilderOptions& options,
                             std::unique_ptr<VectorEnv> environments)
    : environments_(std::move(environments)),
      mark_(options.mark),
      spec_(SpecOf(options, *environments_)),
      row_bytes_(spec_.E * spec_.observation.bytes()),
      step_(options.first_step),
      pending_observations_(row_bytes_),
      pending_flags_(spec_.E),
      state_(spec_.E * spec_.state_size),
      environment_actions_(spec_.E * spec_.action.bytes()),
      keys_(spec_.E) {
  for (int64_t e = 0; e < spec_.E; ++e) {
    keys_[e].seed = options.seed;
    keys_[e].environment = options.first_environment + e;
  }
  started_ = Restart();
}

// The recurrent state is reset where an unroll begins with an episode.
absl::Status UnrollBuilder::Restart() {
  const CallMark::Scope scope(mark_);
  return environments_->Reset(pending_observations_.data(), pending_flags_.data());
}

absl::Status UnrollBuilder::Collect(Inference& inference, Unroll* unroll,
                                    const std::atomic<bool>* stop) {
  NYALA_CHECK(unroll->spec.T == spec_.T && unroll->spec.E == spec_.E, "an unroll of another shape");
  NYALA_RETURN_IF_ERROR(started_);
  BeginUnroll(unroll);
  for (int64_t t = 0; t < spec_.T; ++t) {
    if (stop != nullptr && *stop) return absl::CancelledError("stopped");
    NYALA_RETURN_IF_ERROR(CollectRow(t, inference, unroll));
  }
  const auto last_row = unroll->observations.begin() + spec_.T * row_bytes_;
  std::copy_n(last_row, row_bytes_, pending_observations_.begin());
  for (const EpisodeEnd& end : ends_) unroll->episodes.push_back(end.result);
  return absl::OkStatus();
}

void UnrollBuilder::BeginUnroll(Unroll* unroll) {
  ends_.clear();
  unroll->episodes.clear();
  std::copy(pending_observations_.begin(), pending_observations_.end(),
            unroll->observations.begin());
  std::copy(pending_flags_.begin(), pending_flags_.end(), unroll->flags.begin());
  for (int64_t e = 0; e < spec_.E; ++e) {
    if ((pending_flags_[e] & kRowFirst) == 0) continue;
    std::fill_n(state_.begin() + e * spec_.state_size, spec_.state_size, 0.0f);
  }
  unroll->initial_state = state_;
}

absl::Status UnrollBuilder::CollectRow(int64_t t, Inference& inference, Unroll* unroll) {
  uint8_t* const observations = unroll->observations.data() + t * row_bytes_;
  uint8_t* const actions = unroll->actions.data() + t * spec_.E * spec_.action.bytes();
  uint8_t* const flags = unroll->flags.data() + t * spec_.E;
  const bool last = t + 1 == spec_.T;
  for (ActionKey& key : keys_) key.step = step_;
  ++step_;

  ActRow row;
  row.E = spec_.E;
  row.observations = observations;
  row.flags = flags;
  row.state = state_.data();
  row.keys = keys_.data();
  row.actions = actions;
  row.environment_actions = environment_actions_.data();
  row.log_mu = unroll->log_mu.data() + t * spec_.E;
  NYALA_RETURN_IF_ERROR(inference.Act(row));
  const CallMark::Scope scope(mark_);
  StepRow step;
  step.actions = environment_actions_.data();
  step.flags = flags;
  step.rewards = unroll->rewards.data() + t * spec_.E;
  step.next_observations = observations + row_bytes_;
  step.next_flags = last ? pending_flags_.data() : flags + spec_.E;
  return environments_->Step(step, &ends_);
}

void UnrollBuilder::SaveState(std::string* state) const {
  AppendBytes(environments_->spec().id, state);
  AppendValue(step_, state);
  AppendBytes(AsBytes(pending_observations_), state);
  AppendBytes(AsBytes(pending_flags_), state);
  AppendBytes(AsBytes(state_), state);
  std::string environments;
  environments_->SaveState(&environments);
  AppendBytes(environments, state);
}

absl::Status UnrollBuilder::RestoreState(absl::string_view state) {
  StateReader reader(state);
  absl::string_view id, environments;
  if (!reader.ReadBytes(&id) || id != environments_->spec().id || !reader.Read(&step_) ||
      !ReadInto(reader, &pending_observations_) || !ReadInto(reader, &pending_flags_) ||
      !ReadInto(reader, &state_) || !reader.ReadBytes(&environments) || !reader.at_end()) {
    return NotOurs();
  }
  const bool flags_possible = std::all_of(
      pending_flags_.begin(), pending_flags_.end(),
      [](uint8_t flags) { return flags == 0 || flags == kRowFirst || flags == kRowFinal; });
  if (!flags_possible) return NotOurs();
  const CallMark::Scope scope(mark_);
  return environments_->RestoreState(environments, pending_observations_.data(),
                                     pending_flags_.data());
}

}  // namespace nyala
