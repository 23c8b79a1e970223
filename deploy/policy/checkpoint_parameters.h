// The parameters of a checkpoint in the form in which policies load them. Pure; any thread.
#pragma once

#include "common/rl/snapshot.h"
#include "learner/run/checkpoint.h"

namespace nyala {

// A checkpoint's tensors are in registration order, as a snapshot's values are.
inline ParameterSnapshot ParametersOf(const Checkpoint& checkpoint) {
  ParameterSnapshot snapshot;
  snapshot.version = checkpoint.counters.version;
  snapshot.layout = checkpoint.layout;
  for (const NamedTensor& tensor : checkpoint.model) {
    snapshot.values.insert(snapshot.values.end(), tensor.values.begin(), tensor.values.end());
  }
  return snapshot;
}

}  // namespace nyala
