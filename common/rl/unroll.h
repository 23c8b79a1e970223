// Unroll: T consecutive rows of E environments, acted under ONE policy version.
//
// Time-major, contiguous, little-endian host memory; no LibTorch. `Unroll` owns its memory and is
// filled by the actor; `UnrollView` borrows someone's (an Unroll's or a received message's) and is
// what crosses the LearnerEndpoint. Neither is thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/rl/rows.h"
#include "common/rl/specs.h"

namespace nyala {

// A retry carries the id of the first try, so that it is never trained on twice.
struct UnrollId {
  uint32_t actor = 0;
  uint32_t thread = 0;
  uint64_t sequence = 0;  // from 1
};

struct EpisodeResult {
  double episode_return = 0;  // undiscounted, unscaled
  uint64_t length = 0;        // frames
  bool truncated = false;
};

// What came of computing an unroll's gradient where it was collected.
struct GradientFacts {
  uint64_t layout = 0;  // of the parameters
  uint64_t frames = 0;  // rows that are
  // Sums over those: unweighted terms of the loss, and the loss as configured.
  double policy_loss = 0;
  double baseline_loss = 0;
  double entropy = 0;
  double total_loss = 0;
};

struct UnrollView : RowsView {
  UnrollId id;
  // Environment index that its sender's begin at: tells senders apart that had one label. The
  // learner sets it.
  uint64_t first_environment = 0;
  // Which of those who had its sender's label, one after another, the sender is. The learner sets
  // it.
  uint64_t holder = 0;
  uint64_t incarnation = 0;
  uint64_t policy_version = 0;
  int64_t T = 0;
  int64_t E = 0;
  // What the bytes of `observations` and `actions` are, as their sender states it.
  DType observation_dtype = DType::kFloat32;
  absl::Span<const int64_t> observation_shape;  // of one environment
  DType action_dtype = DType::kInt32;
  absl::Span<const EpisodeResult> episodes;
  absl::string_view resume_state;
  double waiting_fraction = 0;  // of the thread's time since its last unroll, in [0, 1]
  // Where actors compute the gradients: not empty, and then the arrays of rows are.
  absl::Span<const float> gradient;
  GradientFacts facts;
};

struct Unroll : Rows {
  explicit Unroll(const UnrollSpec& spec);
  UnrollView view() const;

  UnrollSpec spec;
  UnrollId id;
  uint64_t incarnation = 0;
  uint64_t policy_version = 0;
  std::vector<EpisodeResult> episodes;
  std::string resume_state;
  double waiting_fraction = 0;
  // Where the actor computes the gradients: what the view shows in place of the rows.
  std::vector<float> gradient;
  GradientFacts facts;
};

// What numbers of an unroll may be: beyond, what is finite by itself is not when it is squared and
// summed in float32.
inline constexpr float kMostReward = 1e9f;
inline constexpr float kMostObservation = 1e10f;
inline constexpr float kMostState = 1e10f;
inline constexpr float kMostAction = 1e10f;
inline constexpr float kMostLogMu = 1e6f;

// Whether `unroll` fits `spec` (T, action range, flags that follow from each other); any E is
// accepted. InvalidArgument: no honest program sends it. OutOfRange: it is whole, but some numbers
// are not finite or too large to be trained on, as an environment may make them. Both name the
// field and what is wrong with it.
absl::Status ValidateUnroll(const UnrollView& unroll, const UnrollSpec& spec);
// The same for one that carries the gradient of `values` numbers with this layout: of that size,
// computed from frames. FailedPrecondition: another network's. OutOfRange: not finite, or too
// large. `parameters` of them are the gradient, the rest moments of observations (means, then sums
// of squares): their squares stay finite as floats, and no sum of squares is negative.
absl::Status ValidateGradient(const UnrollView& unroll, uint64_t layout, int64_t parameters,
                              int64_t values);

}  // namespace nyala
