// ActionKey: what keys the random numbers of one action (RandomPurpose::kAction), so that results
// do not depend on how environments are batched. A plain value; no LibTorch.
#pragma once

#include <cstdint>

namespace nyala {

struct ActionKey {
  uint64_t seed = 0;
  // Global index of the environment.
  uint64_t environment = 0;
  // Rows of this environment before this one.
  uint64_t step = 0;
};

}  // namespace nyala
