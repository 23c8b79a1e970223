#include "learner/training/minibatch_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/base/random.h"

namespace nyala {
namespace {

std::vector<int64_t> Indices(size_t count) {
  std::vector<int64_t> indices(count);
  std::iota(indices.begin(), indices.end(), int64_t{0});
  return indices;
}

// Onto how many tiles the rows are dealt.
size_t NewTiles(const MinibatchPlan::Options& options, size_t parts) {
  const size_t pieces = parts * options.shards;
  const size_t most = pieces * options.tile_rows;
  return std::min(options.rows, pieces * ((options.rows + most - 1) / most));
}

}  // namespace

MinibatchPlan::MinibatchPlan(const Options& options)
    : options_(options),
      parts_(std::min(options.parts, options.rows > 0 ? options.rows : options.tiles)),
      rows_(Indices(options.rows)),
      tiles_(Indices(options.rows > 0 ? NewTiles(options, parts_) : options.tiles)) {}

void MinibatchPlan::Begin(int pass) {
  if (parts_ <= 1) return;
  std::vector<int64_t>& order = options_.rows > 0 ? rows_ : tiles_;
  for (size_t i = order.size(); i > 1; --i) {
    const uint64_t drawn =
        RandomBits(options_.seed, options_.frames_before, static_cast<uint64_t>(pass) << 32 | i,
                   RandomPurpose::kShuffle);
    std::swap(order[i - 1], order[drawn % i]);
  }
}

std::vector<int64_t> MinibatchPlan::Part(size_t part) const {
  return {tiles_.begin() + part * tiles_.size() / parts_,
          tiles_.begin() + (part + 1) * tiles_.size() / parts_};
}

}  // namespace nyala
