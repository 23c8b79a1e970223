// Slab: the preallocated memory of one training batch, B columns of T rows.
//
// Columns lie in tiles: each tile is contiguous and time-major, sized so that its activations fit a
// core's cache, and becomes tensors without a copy. A received unroll is copied once, into its
// columns. No LibTorch here. Threads: handed from admission to trainer and back; one owner at a
// time, but different columns may be filled by different threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/rl/tile.h"
#include "common/rl/unroll.h"

namespace nyala {

// Where an unroll's columns went, and what came along with it.
struct SlabPart {
  uint32_t actor = 0;
  uint32_t thread = 0;
  uint64_t policy_version = 0;
  int64_t columns = 0;
  std::string resume_state;
  // First environment of its sender, whose label may be another's since.
  uint64_t first_environment = 0;
};

class Slab {
 public:
  // `spec.E` is ignored. Columns are dealt evenly onto `tiles` tiles (at most one per column).
  Slab(const UnrollSpec& spec, int64_t columns, int64_t tiles);

  // Another shape, contents undefined. A tile keeps its memory: it allocates only to grow.
  void Reshape(int64_t T, int64_t columns, int64_t tiles);

  int64_t T() const { return spec_.T; }
  int64_t columns() const { return columns_; }
  const UnrollSpec& spec() const { return spec_; }
  std::vector<Tile>& tiles() { return tiles_; }

  // Copies columns [from, from + count) of `unroll` (valid for the spec, or of fewer rows: then the
  // slab's others stay) to [to, to + count).
  void CopyColumns(const UnrollView& unroll, int64_t from, int64_t count, int64_t to);
  // Copies one column out.
  void ReadColumn(int64_t column, RowsMemory to);
  // Makes the columns count for nothing: every row masked, every byte zero.
  void MaskColumns(int64_t first, int64_t count);

  // Rows that are frames, of all columns; a full scan of the flags.
  int64_t CountFrames() const;

  // Filled along with the columns; cleared by Clear. Parts and episodes are of the new columns.
  std::vector<SlabPart> parts;
  std::vector<EpisodeResult> episodes;
  // In place of columns, where actors compute the gradients.
  std::vector<float> gradient;
  GradientFacts facts;
  // The last so many columns were trained on before; the frames in them, and the policy version of
  // each.
  int64_t replayed_columns = 0;
  uint64_t replayed_frames = 0;
  std::vector<uint64_t> replayed_versions;
  void Clear();

 private:
  template <typename Visit>
  void ForEachTileRange(int64_t first, int64_t count, Visit visit);

  UnrollSpec spec_;
  int64_t columns_ = 0;
  std::vector<Tile> tiles_;
};

}  // namespace nyala
