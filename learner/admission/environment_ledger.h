// EnvironmentLedger: which environments newcomers get, and where those of synchronous actors that
// left stand.
//
// Indices of environments are never given twice (they key random numbers), except to the actor that
// takes over a slot exactly where it was left. Where one after another ends there without progress
// it is given to nobody any more: an environment that fails there does so every time. Threads: one
// at a time, the owner's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "learner/run/checkpoint.h"

namespace nyala {

class EnvironmentLedger {
 public:
  // What a resumed run left: slots to hand out again, and the next free index.
  EnvironmentLedger(std::vector<ActorSlot> left_behind, uint64_t next_environment);

  struct Given {
    uint64_t first_environment = 0;
    // By thread; empty where the environments are new.
    std::vector<std::string> resume_states;
  };
  // For an actor that is new in this slot.
  Given Give(uint32_t actor, uint32_t threads, uint32_t envs_per_thread);
  // For the actor that left the slot: its states, if nobody has taken them.
  std::vector<std::string> TakeBack(uint32_t actor);
  // Its actor has left. `stuck`: it had gone on where another left, and nothing of it was trained
  // on.
  void Keep(ActorSlot slot, bool stuck);
  // A state of an unroll that was trained on after its actor had left.
  void Update(uint32_t actor, uint64_t first_environment, uint32_t thread,
              const std::string& resume_state);

  // By actor.
  const std::map<uint32_t, ActorSlot>& left_behind() const { return left_behind_; }
  uint64_t next_environment() const { return next_environment_; }

 private:
  std::map<uint32_t, ActorSlot> left_behind_;
  // By actor: how many in a row left without progress after they were resumed.
  std::map<uint32_t, int> stuck_;
  uint64_t next_environment_;
};

}  // namespace nyala
