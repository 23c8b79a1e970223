#include "learner/batches/slab.h"

#include <algorithm>
#include <cstring>

#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

// Copies `count` columns of `rows` rows between two time-major arrays of different widths.
void CopyRows(const uint8_t* source, int64_t source_columns, int64_t from, uint8_t* target,
              int64_t target_columns, int64_t to, int64_t count, int64_t rows, int64_t bytes) {
  if (bytes == 0) return;
  if (source_columns == count && target_columns == count) {
    std::memcpy(target, source, rows * count * bytes);
    return;
  }
  for (int64_t t = 0; t < rows; ++t) {
    std::memcpy(target + (t * target_columns + to) * bytes,
                source + (t * source_columns + from) * bytes, count * bytes);
  }
}

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
    Resize(spec_, T, tile.columns, &tile);
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
    ForEachArray(
        spec_, unroll.T,
        [&](const ArrayInfo& info, const auto& source, auto& into) {
          CopyRows(BytesOf(source), unroll.E, from + offset, BytesOf(into), tile.columns, target,
                   columns, info.rows, info.bytes);
        },
        unroll, tile);
  });
}

void Slab::ReadColumn(int64_t column, RowsMemory to) {
  ForEachTileRange(column, 1, [&](Tile& tile, int64_t at, int64_t, int64_t) {
    ForEachArray(
        spec_,
        [&](const ArrayInfo& info, const auto& source, auto& into) {
          CopyRows(BytesOf(source), tile.columns, at, BytesOf(into), 1, 0, 1, info.rows,
                   info.bytes);
        },
        tile, to);
  });
}

void Slab::MaskColumns(int64_t first, int64_t count) {
  ForEachTileRange(first, count, [&](Tile& tile, int64_t at, int64_t, int64_t columns) {
    ForEachArray(
        spec_,
        [&](const ArrayInfo& info, auto& array) {
          for (int64_t t = 0; t < info.rows && info.bytes > 0; ++t) {
            std::memset(BytesOf(array) + (t * tile.columns + at) * info.bytes, info.masked,
                        columns * info.bytes);
          }
        },
        tile);
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
