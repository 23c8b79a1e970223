// SessionPlayer: unrolls of environments whose sessions have known lengths, for tests of whole
// sessions. Content is a function of (actor, version, column, row), so that a slab can be checked
// against what was played.
#pragma once

#include <cstdint>
#include <vector>

#include "common/rl/unroll.h"
#include "learner/batches/slab.h"

namespace nyala {

class SessionPlayer {
 public:
  // Column e plays sessions of |lengths[e]| frames, terminated, or truncated where it is negative.
  SessionPlayer(uint32_t actor, std::vector<int64_t> lengths, uint64_t sequence = 0)
      : actor_(actor), lengths_(std::move(lengths)), sequence_(sequence) {}

  // The next T rows (of AdmittedSpec), under the version at hand; 1 at first.
  Unroll Next();
  // Fresh sessions under `version`.
  void Restart(uint64_t version);

  uint64_t version() const { return version_; }
  // Rows of one session, with its final row.
  int64_t RowsOf(int64_t e) const { return lengths_[e] < 0 ? 1 - lengths_[e] : lengths_[e]; }
  // What stands in row `row`, counted from the restart; of a final row the observation alone means
  // anything.
  uint8_t Flags(int64_t e, int64_t row) const;
  float Value(int64_t e, int64_t row) const;
  int32_t Action(int64_t e, int64_t row) const;
  // Return of the session that begins in row `row`.
  double ReturnOf(int64_t e, int64_t row) const;

 private:
  uint32_t actor_;
  std::vector<int64_t> lengths_;
  uint64_t sequence_;
  uint64_t version_ = 1;
  int64_t row_ = 0;
};

// Whether the slab's column holds exactly `count` sessions of the player's column e, from the one
// numbered `from_session` since its restart on, then masked rows; and no initial state.
bool HoldsSessions(Slab& slab, int64_t column, const SessionPlayer& player, int64_t e,
                   int64_t count, int64_t from_session = 0);

}  // namespace nyala
