#include "learner/batches/slab.h"

#include <algorithm>
#include <cstring>

#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

// Copies `count` columns of `rows` rows between two time-major arrays of different widths.
void CopyRows(const uint8_t* source, int64_t source_columns, int64_t from, uint8_t* target,
              int64_t target_columns, int64_t to, int64_t count, int64_t rows, int64_t bytes) {
  if (source_columns == count && target_columns == count) {
    std::memcpy(target, source, rows * count * bytes);
    return;
  }
  for (int64_t t = 0; t < rows; ++t) {
    std::memcpy(target + (t * target_columns + to) * bytes,
                source + (t * source_columns + from) * bytes, count * bytes);
  }
}

const uint8_t* Bytes(const float* data) { return reinterpret_cast<const uint8_t*>(data); }
uint8_t* Bytes(float* data) { return reinterpret_cast<uint8_t*>(data); }

}  // namespace

Slab::Slab(const UnrollSpec& spec, int64_t columns, int64_t tiles) : spec_(spec) {
  Reshape(spec.T, columns, tiles);
}

void Slab::Reshape(int64_t T, int64_t columns, int64_t tiles) {
  spec_.T = T;
  columns_ = columns;
  tiles_.resize(std::clamp<int64_t>(tiles, 1, std::max<int64_t>(columns, 1)));
  const auto count = static_cast<int64_t>(tiles_.size());
  int64_t first = 0;
  for (int64_t i = 0; i < count; ++i) {
    Tile& tile = tiles_[i];
    tile.first_column = first;
    tile.columns = columns * (i + 1) / count - first;
    first += tile.columns;
    const int64_t rows = T * tile.columns;
    tile.observations.resize((T + 1) * tile.columns * spec_.observation.bytes());
    tile.actions.resize(rows * spec_.action.bytes());
    tile.log_mu.resize(rows);
    tile.rewards.resize(rows);
    tile.flags.resize(rows);
    tile.initial_state.resize(tile.columns * spec_.state_size);
  }
}

// Calls visit(tile, offset in the tile, offset in [first, first + count), columns).
template <typename Visit>
void Slab::ForEachTileRange(int64_t first, int64_t count, Visit visit) {
  for (Tile& tile : tiles_) {
    const int64_t begin = std::max(first, tile.first_column);
    const int64_t end = std::min(first + count, tile.first_column + tile.columns);
    if (begin < end) visit(tile, begin - tile.first_column, begin - first, end - begin);
  }
}

void Slab::CopyColumns(const UnrollView& unroll, int64_t from, int64_t count, int64_t to) {
  ForEachTileRange(to, count, [&](Tile& tile, int64_t target, int64_t offset, int64_t columns) {
    const auto copy = [&](const uint8_t* source, uint8_t* into, int64_t rows, int64_t bytes) {
      CopyRows(source, unroll.E, from + offset, into, tile.columns, target, columns, rows, bytes);
    };
    const int64_t T = unroll.T;
    copy(unroll.observations.data(), tile.observations.data(), T + 1, spec_.observation.bytes());
    copy(unroll.actions.data(), tile.actions.data(), T, spec_.action.bytes());
    copy(Bytes(unroll.log_mu.data()), Bytes(tile.log_mu.data()), T, sizeof(float));
    copy(Bytes(unroll.rewards.data()), Bytes(tile.rewards.data()), T, sizeof(float));
    copy(unroll.flags.data(), tile.flags.data(), T, 1);
    if (spec_.state_size > 0) {
      copy(Bytes(unroll.initial_state.data()), Bytes(tile.initial_state.data()), 1,
           spec_.state_size * static_cast<int64_t>(sizeof(float)));
    }
  });
}

void Slab::ReadColumn(int64_t column, const ColumnMemory& to) {
  ForEachTileRange(column, 1, [&](Tile& tile, int64_t at, int64_t, int64_t) {
    const auto copy = [&](const uint8_t* source, uint8_t* into, int64_t rows, int64_t bytes) {
      CopyRows(source, tile.columns, at, into, 1, 0, 1, rows, bytes);
    };
    copy(tile.observations.data(), to.observations, spec_.T + 1, spec_.observation.bytes());
    copy(tile.actions.data(), to.actions, spec_.T, spec_.action.bytes());
    copy(Bytes(tile.log_mu.data()), Bytes(to.log_mu), spec_.T, sizeof(float));
    copy(Bytes(tile.rewards.data()), Bytes(to.rewards), spec_.T, sizeof(float));
    copy(tile.flags.data(), to.flags, spec_.T, 1);
    if (spec_.state_size > 0) {
      copy(Bytes(tile.initial_state.data()), Bytes(to.initial_state), 1,
           spec_.state_size * static_cast<int64_t>(sizeof(float)));
    }
  });
}

void Slab::MaskColumns(int64_t first, int64_t count) {
  const auto clear = [](uint8_t* data, int64_t width, int64_t at, int64_t columns, int64_t rows,
                        int64_t bytes, int value) {
    for (int64_t t = 0; t < rows; ++t) {
      std::memset(data + (t * width + at) * bytes, value, columns * bytes);
    }
  };
  ForEachTileRange(first, count, [&](Tile& tile, int64_t at, int64_t, int64_t columns) {
    const int64_t W = tile.columns;
    clear(tile.observations.data(), W, at, columns, spec_.T + 1, spec_.observation.bytes(), 0);
    clear(tile.actions.data(), W, at, columns, spec_.T, spec_.action.bytes(), 0);
    clear(Bytes(tile.log_mu.data()), W, at, columns, spec_.T, sizeof(float), 0);
    clear(Bytes(tile.rewards.data()), W, at, columns, spec_.T, sizeof(float), 0);
    clear(tile.flags.data(), W, at, columns, spec_.T, 1, kRowFinal);
    if (spec_.state_size > 0) {
      clear(Bytes(tile.initial_state.data()), W, at, columns, 1,
            spec_.state_size * static_cast<int64_t>(sizeof(float)), 0);
    }
  });
}

int64_t Slab::CountFrames() const {
  int64_t frames = 0;
  for (const Tile& tile : tiles_) {
    for (const uint8_t flags : tile.flags) frames += RowIsFrame(flags) ? 1 : 0;
  }
  return frames;
}

void Slab::Clear() {
  parts.clear();
  episodes.clear();
  gradient.clear();
  replayed_columns = 0;
  replayed_frames = 0;
  replayed_versions.clear();
}

}  // namespace nyala
