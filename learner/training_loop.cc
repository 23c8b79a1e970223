#include "learner/training_loop.h"

#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"

namespace nyala {

std::string TrainingLoop::ReasonToStop() const {
  const RunState state = parts_.state->Read();
  const LimitsConfig& limits = config_.limits();
  if (limits.has_goal() && state.frames_to_goal.has_value()) return "goal reached";
  if (limits.frames() > 0 && state.frames >= limits.frames()) return "frame budget used";
  if (limits.updates() > 0 && state.updates >= limits.updates()) return "update budget used";
  return "";
}

void TrainingLoop::Account(const Slab& slab, const StepStats& stats, double trained_seconds) {
  const double now = parts_.seconds();
  parts_.state->Update([&](RunState* state) {
    for (const SlabPart& part : slab.parts) {
      state->lag.Add(state->version - part.policy_version, part.columns);
    }
    for (const uint64_t version : slab.replayed_versions) {
      state->replay_age.Add(state->version - version);
    }
    state->version += 1;
    // A batch of nothing but what was refused or has left is none.
    state->updates += stats.frames > 0 ? 1 : 0;
    state->frames += stats.frames - slab.replayed_frames;
    state->replayed_frames += slab.replayed_frames;
    state->training_seconds += trained_seconds;
    state->last_step = stats;
    state->skipped_steps += stats.skipped_steps;
    for (const EpisodeResult& episode : slab.episodes) {
      state->episodes.Add(episode.episode_return, episode.length);
      if (config_.limits().has_goal() && !state->frames_to_goal && state->episodes.full() &&
          state->episodes.mean_return() >= config_.limits().goal()) {
        state->frames_to_goal = state->frames;
        state->seconds_to_goal = state->seconds_before + now;
      }
    }
  });
}

absl::Status TrainingLoop::Judge(const StepStats& stats) {
  if (stats.skipped_steps == 0) {
    skipped_in_a_row_ = 0;
    return absl::OkStatus();
  }
  ++skipped_in_a_row_;
  const int most = config_.limits().skipped_steps();
  if (skipped_in_a_row_ > most) {
    return absl::InternalError(absl::StrFormat("%s, %d updates in a row (limits.skipped_steps)",
                                               stats.why_skipped, skipped_in_a_row_));
  }
  skips_("update %d left a step out: %s (%d in a row; %d end the run)",
         parts_.state->Read().updates + 1, stats.why_skipped, skipped_in_a_row_, most + 1);
  return absl::OkStatus();
}

absl::Status TrainingLoop::TrainOn(Slab* slab) {
  const RunState before = parts_.state->Read();
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
  ParameterSnapshot made = parts_.trainer->Snapshot(before.version + 1);
  made.frames = parts_.state->Read().frames;
  auto snapshot = std::make_shared<const ParameterSnapshot>(std::move(made));
  if (parts_.checkpointer->Due(before.updates + 1)) {
    parts_.checkpointer->Submit(parts_.capture(parts_.state->Read()));
  }
  // In this order: what acts under the new version must find the next batch open.
  parts_.assembler->Recycle(slab, before.version + 1);
  parts_.store->Publish(std::move(snapshot));
  parts_.on_new_version();
  return absl::OkStatus();
}

absl::StatusOr<std::string> TrainingLoop::Run() {
  for (;;) {
    const std::string reason = ReasonToStop();
    if (!reason.empty()) return reason;
    parts_.state->Update([](RunState* state) { state->waiting_since = MonotonicSeconds(); });
    Slab* slab = parts_.assembler->NextFull();
    parts_.state->Update([](RunState* state) {
      state->waiting_seconds += MonotonicSeconds() - *state->waiting_since;
      state->waiting_since.reset();
    });
    if (slab == nullptr) return "stopped";
    NYALA_RETURN_IF_ERROR(TrainOn(slab));
  }
}

}  // namespace nyala
