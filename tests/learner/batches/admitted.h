// What the tests of admission share: small unrolls, a look into slabs, waiting for other threads.
#pragma once

#include <cstdint>
#include <functional>

#include "common/rl/unroll.h"
#include "learner/batches/slab.h"
#include "tests/support/random_unroll.h"

namespace nyala {

// T = 3, three floats observed, three actions, two floats of state.
UnrollSpec AdmittedSpec(int64_t E);

// A valid unroll of its own random content, of this actor, thread and version.
Unroll AdmittedUnroll(int64_t E, uint64_t seed, uint32_t actor = 0, uint32_t thread = 0,
                      uint64_t version = 1);

// Whether every byte of the slab's column is that of the unroll's.
bool HoldsColumn(Slab& slab, int64_t column, const Unroll& unroll, int64_t from);
// Whether all of its rows are masked and everything else in it is 0.
bool IsMasked(Slab& slab, int64_t column);

// Waits for what another thread will make true; false after a generous while.
bool Eventually(const std::function<bool()>& holds);

}  // namespace nyala
