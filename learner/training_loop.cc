#include "learner/training_loop.h"

#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"

namespace nyala {

std::optional<EndReason> TrainingLoop::ReasonToEnd() const {
  const double seconds = parts_.seconds();
  return parts_.state->Read(
      [&](const RunState& state) { return limits_.Check(state.counters, seconds); });
}

void TrainingLoop::Account(const Slab& slab, const StepStats& stats, double trained_seconds) {
  const double now = parts_.seconds();
  const std::optional<double> goal = limits_.goal();
  parts_.state->Update([&](RunState* state) {
    RunCounters& counters = state->counters;
    for (const SlabPart& part : slab.parts) {
      counters.policy_lag.Add(counters.version - part.policy_version, part.columns);
    }
    for (const uint64_t version : slab.replayed_versions) {
      counters.replay_age.Add(counters.version - version);
    }
    counters.version += 1;
    // A batch without frames, because all its members left or were refused, is no update.
    counters.updates += stats.frames > 0 ? 1 : 0;
    counters.frames += stats.frames - slab.replayed_frames;
    counters.replayed_frames += slab.replayed_frames;
    for (const EpisodeResult& episode : slab.episodes) {
      counters.episodes.Add(episode.episode_return, episode.length);
      if (goal && !counters.frames_to_goal && counters.IsAsGoodAs(*goal)) {
        counters.frames_to_goal = counters.frames;
        counters.seconds_to_goal = now;
      }
    }
    state->training_seconds += trained_seconds;
    state->last_step = stats;
    state->skipped_steps += stats.skipped_steps;
  });
}

absl::Status TrainingLoop::Judge(const StepStats& stats) {
  if (stats.skipped_steps == 0) {
    skipped_in_a_row_ = 0;
    return absl::OkStatus();
  }
  ++skipped_in_a_row_;
  if (skipped_in_a_row_ > most_skipped_) {
    return absl::InternalError(absl::StrFormat("%s, %d updates in a row (limits.skipped_steps)",
                                               stats.why_skipped, skipped_in_a_row_));
  }
  skips_("update %d left a step out: %s (%d in a row; %d end the run)",
         parts_.state->Read([](const RunState& state) { return state.counters.updates; }) + 1,
         stats.why_skipped, skipped_in_a_row_, most_skipped_ + 1);
  return absl::OkStatus();
}

absl::Status TrainingLoop::TrainOn(Slab* slab) {
  const RunCounters before =
      parts_.state->Read([](const RunState& state) { return state.counters; });
  const double start = MonotonicSeconds();
  absl::StatusOr<StepStats> stats = parts_.trainer->Step(*slab, before.frames);
  const absl::Status judged = stats.ok() ? Judge(*stats) : stats.status();
  if (!judged.ok()) {
    return absl::InternalError(
        absl::StrFormat("update %d failed: %s", before.updates + 1, judged.message()));
  }
  for (const SlabPart& part : slab->parts) {
    parts_.roster->RecordTrained(part.actor, part.thread, part.first_environment,
                                 before.version - part.policy_version, part.columns,
                                 part.resume_state);
  }
  Account(*slab, *stats, MonotonicSeconds() - start);
  const uint64_t frames =
      parts_.state->Read([](const RunState& state) { return state.counters.frames; });
  auto snapshot = std::make_shared<const ParameterSnapshot>(
      parts_.trainer->Snapshot(before.version + 1, frames));
  if (parts_.checkpointer->Due(before.updates + 1)) {
    parts_.checkpointer->Submit(parts_.capture(parts_.state->Read()));
  }
  // In this order: what acts under the new version must find the next batch open.
  parts_.assembler->Recycle(slab, before.version + 1);
  parts_.store->Publish(std::move(snapshot));
  return absl::OkStatus();
}

absl::StatusOr<EndReason> TrainingLoop::Run() {
  for (;;) {
    if (const std::optional<EndReason> reason = ReasonToEnd()) return *reason;
    parts_.state->Update([](RunState* state) { state->waiting_since = MonotonicSeconds(); });
    Slab* slab = parts_.assembler->NextFull();
    parts_.state->Update([](RunState* state) {
      state->waiting_seconds += MonotonicSeconds() - *state->waiting_since;
      state->waiting_since.reset();
    });
    // A budget that was used up while the stop was under way is still used.
    if (slab == nullptr) return ReasonToEnd().value_or(EndReason::kInterrupted);
    NYALA_RETURN_IF_ERROR(TrainOn(slab));
  }
}

}  // namespace nyala
