#include "tests/learner/batches/session_player.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "common/rl/episode_rows.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {

void SessionPlayer::Restart(uint64_t version) {
  version_ = version;
  row_ = 0;
}

uint8_t SessionPlayer::Flags(int64_t e, int64_t row) const {
  const int64_t frames = std::abs(lengths_[e]);
  const int64_t at = row % RowsOf(e);
  if (at == frames) return kRowFinal;
  uint8_t flags = at == 0 ? kRowFirst : 0;
  if (at == frames - 1) flags |= lengths_[e] < 0 ? kRowTruncated : kRowTerminated;
  return flags;
}

// Exact in float, and in its sums.
float SessionPlayer::Value(int64_t e, int64_t row) const {
  return static_cast<float>(actor_ * 100000 + version_ * 10000 + e * 1000 + row);
}

int32_t SessionPlayer::Action(int64_t e, int64_t row) const {
  return static_cast<int32_t>((e + row) % 3);
}

double SessionPlayer::ReturnOf(int64_t e, int64_t row) const {
  double sum = 0;
  for (int64_t t = 0; t < std::abs(lengths_[e]); ++t) sum += Value(e, row + t);
  return sum;
}

Unroll SessionPlayer::Next() {
  const auto E = static_cast<int64_t>(lengths_.size());
  Unroll unroll(AdmittedSpec(E));
  unroll.id = {actor_, 0, ++sequence_};
  unroll.incarnation = 1;
  unroll.policy_version = version_;
  auto* observations = reinterpret_cast<float*>(unroll.observations.data());
  auto* actions = reinterpret_cast<int32_t*>(unroll.actions.data());
  const int64_t T = unroll.spec.T;
  for (int64_t e = 0; e < E; ++e) {
    for (int64_t t = 0; t <= T; ++t) {
      std::fill_n(observations + (t * E + e) * 3, 3, Value(e, row_ + t));
      if (t == T) break;
      const int64_t i = t * E + e;
      unroll.flags[i] = Flags(e, row_ + t);
      actions[i] = Action(e, row_ + t);
      unroll.rewards[i] = Value(e, row_ + t);
      unroll.log_mu[i] = -Value(e, row_ + t);
    }
    // What the learner must not take for a session's beginning.
    std::fill_n(unroll.initial_state.begin() + e * 2, 2, 0.5f);
  }
  row_ += T;
  EXPECT_EQ(ValidateUnroll(unroll.view(), unroll.spec), absl::OkStatus());
  return unroll;
}

bool HoldsSessions(Slab& slab, int64_t column, const SessionPlayer& player, int64_t e,
                   int64_t count, int64_t from_session) {
  for (Tile& tile : slab.tiles()) {
    const int64_t at = column - tile.first_column;
    if (at < 0 || at >= tile.columns) continue;
    const int64_t first = from_session * player.RowsOf(e);
    const int64_t rows = count * player.RowsOf(e);
    for (int64_t t = 0; t < slab.T(); ++t) {
      const int64_t i = t * tile.columns + at;
      const bool masked = t >= rows;
      const uint8_t flags = masked ? uint8_t{kRowFinal} : player.Flags(e, first + t);
      const bool frame = (flags & kRowFinal) == 0;
      const float observed = masked ? 0 : player.Value(e, first + t);
      const float value = frame ? player.Value(e, first + t) : 0;
      const int32_t action = frame ? player.Action(e, first + t) : 0;
      float observation[3];
      std::memcpy(observation, tile.observations.data() + i * sizeof(observation),
                  sizeof(observation));
      if (tile.flags[i] != flags || tile.rewards[i] != value || tile.log_mu[i] != -value ||
          std::memcmp(tile.actions.data() + i * sizeof(action), &action, sizeof(action)) != 0 ||
          std::count(observation, observation + 3, observed) != 3) {
        ADD_FAILURE() << "row " << t << " is another";
        return false;
      }
    }
    return tile.initial_state[at * 2] == 0 && tile.initial_state[at * 2 + 1] == 0;
  }
  return false;
}

}  // namespace nyala
