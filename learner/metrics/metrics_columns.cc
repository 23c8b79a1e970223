#include "learner/metrics/metrics_columns.h"

namespace nyala {
namespace {

constexpr MetricsColumn kColumns[] = {
    {"step", "frames trained on when the row was written: TensorBoard's step"},
    {"wall_time", "seconds since the Unix epoch"},
    {"one_in", "rows come only at one in so many of metrics.interval_seconds, once it is above 1"},
    {"frames", "frames trained on, over all of the run; replayed ones are not counted again"},
    {"updates", "batches trained on, over all of the run"},
    {"seconds", "wall seconds of the run, over its resumes"},
    {"frames_per_second", "of the time since the row before"},
    {"updates_per_second", "of the time since the row before"},
    {"episode/mean_return_100", "mean undiscounted return of the last 100 episodes"},
    {"episode/mean_length_100", "their mean length in frames"},
    {"episode/best_mean_return_100", "the best that the mean return of 100 episodes has been"},
    {"episode/count", "episodes that have ended, over all of the run"},
    {"loss/total", "the newest step's loss as configured (algorithm.reduction)"},
    {"loss/policy", "its policy term: mean of its frames, unweighted"},
    {"loss/baseline", "its value term: mean of its frames, unweighted"},
    {"loss/entropy", "the policy's entropy: mean of its frames, unweighted"},
    {"loss/gradient_norm", "norm of its gradient, before optimizer.clip_norm"},
    {"loss/learning_rate", "the learning rate that it was taken with"},
    {"policy_lag/mean",
     "mean policy lag, in versions, of what was trained on since the row before"},
    {"policy_lag/max", "the largest policy lag of the run"},
    {"policy_lag/actors_p50", "median, over the actors present, of their mean policy lags"},
    {"policy_lag/actors_p90", "the same of nine in ten"},
    {"policy_lag/actors_max", "the same of the worst"},
    {"unrolls/accepted", "unrolls taken, since the process started, as the counts that follow"},
    {"unrolls/duplicate", "sent once more after a lost connection, and taken already"},
    {"unrolls/stale", "not taken: older than batch.max_policy_lag, or of another batch"},
    {"unrolls/malformed", "not taken: no unroll of this run; the stream was ended"},
    {"unrolls/refused", "not taken: numbers that cannot be trained on"},
    {"unrolls/superseded", "not taken: of a stream that had lost its place; the actor joins again"},
    {"updates_skipped",
     "steps left out because loss or gradient was not finite, since the process started"},
    {"stragglers", "rollout threads that a synchronous batch went on without"},
    {"joins_refused", "joins that were refused, each try counted, and actors that declined"},
    {"calls_refused", "calls without the right token"},
    {"handshakes_failed", "TLS handshakes that failed"},
    {"connections_closed", "connections that made no valid call in time, or made room for others"},
    {"time/learner_waiting", "part of the time since the row before that the trainer had no batch"},
    {"time/unrolls_blocked", "part of it that an unroll at hand waited for a place in a batch"},
    {"time/actors_waiting",
     "part of its time that the latest unroll's thread waited for the learner"},
    {"actors", "actors that have joined and not left"},
    {"actors_lost", "actors that left without a word, since the process started"},
    {"replay/frames", "frames replayed, over all of the run"},
    {"replay/mean_age", "mean age, in versions, of what was replayed since the row before"},
};

}  // namespace

absl::Span<const MetricsColumn> MetricsColumns() { return kColumns; }

}  // namespace nyala
