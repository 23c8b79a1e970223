// How episodes lie in the rows of an unroll: the one place that knows about episode ends.
//
// Row t of a column holds x_t, a_t, log mu(a_t|x_t), r_t and one byte of flags. The row after it
// holds what came of the action:
//   - in the middle of an episode: x_{t+1};
//   - after a termination (kTerminated at t): the first observation of the next episode. No value
//     flows back over it: the discount of row t is 0;
//   - after a truncation (kTruncated at t): the final observation of the same episode, in a row of
//     its own with kFinalRow. Row t keeps its discount, so that the learner's own V(final
//     observation) is its bootstrap. The final row is no frame: its action and reward mean nothing,
//     it is masked out of every loss, its importance weight and discount are 0, hence its target
//     equals its value and nothing of the next episode leaks over it. The row after it is the first
//     of the next episode.
// A row at which an episode starts carries kFirst; recurrent state is reset before it.
// Row T (the bootstrap row, observation only) has no flags: IsFirst(T) follows from row T-1.
#pragma once

#include <cstdint>

namespace nyala {

enum RowFlag : uint8_t {
  kRowFirst = 1,       // x_t is an episode's first observation
  kRowTerminated = 2,  // the action of this row ended the episode
  kRowTruncated = 4,   // a limit cut the episode after this row's action
  kRowFinal = 8,       // x_t is the final observation of a truncated episode; no action was taken
};

// Whether the row after one with these flags is the first of an episode.
inline bool NextRowIsFirst(uint8_t flags) { return (flags & (kRowTerminated | kRowFinal)) != 0; }
// Whether the row counts as a frame and takes part in the losses.
inline bool RowIsFrame(uint8_t flags) { return (flags & kRowFinal) == 0; }
// The factor on what follows the row: `discount`, or 0 where nothing follows.
inline float RowDiscount(uint8_t flags, float discount) {
  return (flags & (kRowTerminated | kRowFinal)) != 0 ? 0.0f : discount;
}
// Peers' unrolls are checked with these two. Whether the bits can stand together on one row.
inline bool RowFlagsValid(uint8_t flags) {
  if (flags & ~(kRowFirst | kRowTerminated | kRowTruncated | kRowFinal)) return false;
  if ((flags & kRowFinal) != 0) return flags == kRowFinal;
  return (flags & (kRowTerminated | kRowTruncated)) != (kRowTerminated | kRowTruncated);
}
// Whether they can stand on the row after one (of the same column) with flags `previous`.
inline bool RowFollows(uint8_t previous, uint8_t flags) {
  return ((flags & kRowFirst) != 0) == NextRowIsFirst(previous) &&
         ((flags & kRowFinal) != 0) == ((previous & kRowTruncated) != 0);
}

}  // namespace nyala
