// Who the others wait for, in the words of the progress line. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace nyala {

struct WaitingTimes {
  // Whether actors and learner take turns, as in synchronous runs.
  bool takes_turns = false;
  uint32_t actors = 0;
  // Rollout threads that the first batch still waits for.
  int64_t awaited = 0;
  // The trainer's share of the time that it spent without a batch.
  double waiting = 0;
  // The share of the time that unrolls waited for a slab.
  double blocked = 0;
  // What would help the learner (ShardChoice::help).
  std::string learner_help;
};

std::string NameBottleneck(const WaitingTimes& times);

}  // namespace nyala
