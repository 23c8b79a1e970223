#include "learner/admission/environment_ledger.h"

#include <utility>

namespace nyala {
namespace {

// Actors in a row that may end where they were resumed before it is left to others.
constexpr int kMostStuck = 2;

}  // namespace

EnvironmentLedger::EnvironmentLedger(std::vector<ActorSlot> left_behind, uint64_t next_environment)
    : next_environment_(next_environment) {
  for (ActorSlot& slot : left_behind) left_behind_[slot.actor] = std::move(slot);
}

EnvironmentLedger::Given EnvironmentLedger::Give(uint32_t actor, uint32_t threads,
                                                 uint32_t envs_per_thread) {
  Given given;
  const auto left = left_behind_.find(actor);
  if (left != left_behind_.end() && left->second.threads == threads &&
      left->second.envs_per_thread == envs_per_thread) {
    given.first_environment = left->second.first_environment;
    given.resume_states = std::move(left->second.resume_states);
    left_behind_.erase(left);
    return given;
  }
  given.first_environment = next_environment_;
  next_environment_ += static_cast<uint64_t>(threads) * envs_per_thread;
  return given;
}

std::vector<std::string> EnvironmentLedger::TakeBack(uint32_t actor) {
  const auto left = left_behind_.find(actor);
  if (left == left_behind_.end()) return {};
  std::vector<std::string> states = std::move(left->second.resume_states);
  left_behind_.erase(left);
  return states;
}

void EnvironmentLedger::Keep(ActorSlot slot, bool stuck) {
  const uint32_t actor = slot.actor;
  if (stuck) {
    ++stuck_[actor];
  } else {
    stuck_.erase(actor);
  }
  // Only where an actor can be continued exactly may another take over its environments.
  if (slot.resume_states.empty() || (stuck && stuck_[actor] > kMostStuck)) return;
  left_behind_[actor] = std::move(slot);
}

void EnvironmentLedger::Update(uint32_t actor, uint64_t first_environment, uint32_t thread,
                               const std::string& resume_state) {
  const auto left = left_behind_.find(actor);
  if (resume_state.empty() || left == left_behind_.end() ||
      left->second.first_environment != first_environment ||
      thread >= left->second.resume_states.size()) {
    return;
  }
  left->second.resume_states[thread] = resume_state;
}

}  // namespace nyala
