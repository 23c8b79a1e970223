// Random but valid unrolls, for tests. Pure functions of their arguments. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/random.h"
#include "common/rl/unroll.h"

namespace nyala {

// How often, per frame, an episode ends either way.
struct EpisodeEnds {
  double terminate = 0.1;
  double truncate = 0.1;
};

// [T, E] RowFlag bits, as environments that are somewhere in an episode produce them.
std::vector<uint8_t> RandomFlags(int64_t T, int64_t E, const EpisodeEnds& ends,
                                 RandomSequence& random);

// Every field filled with random values that ValidateUnroll takes; id, incarnation and version are
// {0, 0, 1}, 1 and 1.
Unroll RandomUnroll(const UnrollSpec& spec, uint64_t seed, const EpisodeEnds& ends = {});

}  // namespace nyala
