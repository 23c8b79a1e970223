// FrameDealer: the rows of a batch whose targets are fixed, dealt onto tiles in any order.
//
// A row stands for itself once its targets are there, as long as the network has no memory: frames
// of one column follow each other and are alike, and a step on some of each column is less noisy
// (minibatches of PPO, arXiv 1707.06347 algorithm 1). Holds a copy of the rows; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/rl/algorithms/algorithm.h"
#include "common/rl/algorithms/batch.h"

namespace nyala {

// Tiles, and what each is to learn.
struct LearningRows {
  std::vector<Batch> batches;
  std::vector<Targets> targets;
};

class FrameDealer {
 public:
  // At least one tile, of a network without state.
  explicit FrameDealer(const LearningRows& given);

  // Rows of all tiles; masked ones count.
  int64_t rows() const { return all_.batches[0].B(); }

  // Row order[i] in the i-th place of `tiles` tiles of even size, each with T = 1 and without a
  // bootstrap row. `order`: a permutation of 0 .. rows() - 1; tiles <= rows().
  LearningRows Deal(const std::vector<int64_t>& order, size_t tiles) const;

 private:
  LearningRows all_;  // one tile, T = 1
};

}  // namespace nyala
