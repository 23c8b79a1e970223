#include "tests/learner/batches/admitted.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

struct Place {
  Tile* tile;
  int64_t column;
};

Place Find(Slab& slab, int64_t column) {
  for (Tile& tile : slab.tiles()) {
    if (column < tile.first_column + tile.columns) return {&tile, column - tile.first_column};
  }
  return {&slab.tiles().front(), 0};
}

template <typename T>
bool SameColumn(const std::vector<T>& tile, const Place& at, const std::vector<T>& unroll,
                int64_t E, int64_t from, int64_t rows, int64_t elements) {
  for (int64_t t = 0; t < rows; ++t) {
    const T* mine = tile.data() + (t * at.tile->columns + at.column) * elements;
    const T* theirs = unroll.data() + (t * E + from) * elements;
    if (!std::equal(mine, mine + elements, theirs)) return false;
  }
  return true;
}

template <typename T>
bool ColumnIs(const std::vector<T>& tile, const Place& at, int64_t rows, int64_t elements,
              T value) {
  for (int64_t t = 0; t < rows; ++t) {
    const T* mine = tile.data() + (t * at.tile->columns + at.column) * elements;
    if (!std::all_of(mine, mine + elements, [value](T x) { return x == value; })) return false;
  }
  return true;
}

}  // namespace

UnrollSpec AdmittedSpec(int64_t E) {
  UnrollSpec spec;
  spec.T = 3;
  spec.E = E;
  spec.observation = {DType::kFloat32, {3}};
  spec.action.n = 3;
  spec.state_size = 2;
  return spec;
}

Unroll AdmittedUnroll(int64_t E, uint64_t seed, uint32_t actor, uint32_t thread, uint64_t version) {
  Unroll unroll = RandomUnroll(AdmittedSpec(E), seed);
  unroll.id = {actor, thread, seed + 1};
  unroll.policy_version = version;
  return unroll;
}

bool HoldsColumn(Slab& slab, int64_t column, const Unroll& unroll, int64_t from) {
  const Place at = Find(slab, column);
  const UnrollSpec& spec = unroll.spec;
  const int64_t T = spec.T, E = spec.E;
  return SameColumn(at.tile->observations, at, unroll.observations, E, from, T + 1,
                    spec.observation.bytes()) &&
         SameColumn(at.tile->actions, at, unroll.actions, E, from, T, spec.action.bytes()) &&
         SameColumn(at.tile->log_mu, at, unroll.log_mu, E, from, T, 1) &&
         SameColumn(at.tile->rewards, at, unroll.rewards, E, from, T, 1) &&
         SameColumn(at.tile->flags, at, unroll.flags, E, from, T, 1) &&
         SameColumn(at.tile->initial_state, at, unroll.initial_state, E, from, 1, spec.state_size);
}

bool IsMasked(Slab& slab, int64_t column) {
  const Place at = Find(slab, column);
  const UnrollSpec& spec = slab.spec();
  return ColumnIs<uint8_t>(at.tile->observations, at, spec.T + 1, spec.observation.bytes(), 0) &&
         ColumnIs<uint8_t>(at.tile->actions, at, spec.T, spec.action.bytes(), 0) &&
         ColumnIs(at.tile->log_mu, at, spec.T, 1, 0.0f) &&
         ColumnIs(at.tile->rewards, at, spec.T, 1, 0.0f) &&
         ColumnIs<uint8_t>(at.tile->flags, at, spec.T, 1, kRowFinal) &&
         ColumnIs(at.tile->initial_state, at, 1, spec.state_size, 0.0f);
}

bool Eventually(const std::function<bool()>& holds) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace nyala
