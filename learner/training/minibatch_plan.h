// MinibatchPlan: which tiles each optimizer step of a batch takes, pass by pass.
//
// Either the tiles of the batch itself are put into a random order and cut into parts, or its rows
// are: these are then dealt onto new tiles (learner/training/frame_dealer.h), of which each part
// gets its share. With one part nothing is shuffled. Orders are drawn from the seed and the frames
// trained on before: equal ones give equal plans. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nyala {

class MinibatchPlan {
 public:
  struct Options {
    uint64_t seed = 0;
    uint64_t frames_before = 0;
    // Parts that are asked for; there are no more than there are tiles, or rows.
    size_t parts = 1;
    // The batch's own.
    size_t tiles = 0;
    // Rows to deal onto new tiles; 0 keeps the tiles.
    size_t rows = 0;
    // New tiles have at most so many rows, and are as many for each shard in each part.
    size_t tile_rows = 1;
    size_t shards = 1;
  };
  explicit MinibatchPlan(const Options& options);

  size_t parts() const { return parts_; }
  size_t tiles() const { return tiles_.size(); }
  // The order of the pass that was begun last.
  const std::vector<int64_t>& rows() const { return rows_; }

  // Draws the order of the pass of this number.
  void Begin(int pass);
  // The tiles that the optimizer step `part` of the pass is on.
  std::vector<int64_t> Part(size_t part) const;

 private:
  const Options options_;
  size_t parts_;
  std::vector<int64_t> rows_;
  std::vector<int64_t> tiles_;
};

}  // namespace nyala
