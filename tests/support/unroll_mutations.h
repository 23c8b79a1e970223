// Every way to spoil one field of a valid unroll: what admission must refuse, naming the field.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/rl/unroll.h"

namespace nyala {

struct UnrollMutation {
  std::string what;
  // The name the refusal must carry.
  std::string field;
  // Spoils the bytes, or how they are viewed; the other does nothing.
  std::function<void(Unroll&)> spoil = [](Unroll&) {};
  std::function<void(UnrollView&)> spoil_view = [](UnrollView&) {};
  // The unroll is whole, and its numbers cannot be trained on.
  bool untrainable = false;
};

// For unrolls of float32 observations, discrete actions, T >= 2, E >= 2, state_size > 0 and at
// least one episode: of the payload, without ids and versions.
std::vector<UnrollMutation> PayloadMutations();

}  // namespace nyala
