#include "learner/roster.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"

namespace nyala {
namespace {

constexpr size_t kDepartedKept = 1024;
// An actor opens its streams right after it has joined.
constexpr double kSilentSeconds = 60;
// Actors in a row that may end where they were resumed before it is left to others: an environment
// that fails there does so every time.
constexpr int kMostStuck = 2;

}  // namespace

Roster::Roster(std::vector<ActorSlot> left_behind, uint64_t next_environment)
    : next_environment_(next_environment) {
  for (ActorSlot& slot : left_behind) left_behind_[slot.actor] = std::move(slot);
}

Roster::Slot Roster::Join(uint64_t actor_key, uint32_t threads, uint32_t envs_per_thread) {
  MutexLock lock(mu_);
  FreeSilent();
  for (auto& [actor, member] : members_) {
    if (member.slot.actor_key != actor_key) continue;
    // Who has not begun may ask for another share: only now does it know the run.
    if (member.HasNotBegun() && member.slot.resume_states.empty() &&
        (member.slot.threads != threads || member.slot.envs_per_thread != envs_per_thread)) {
      members_.erase(actor);
      break;
    }
    member.joined_at = MonotonicSeconds();
    return member.slot;
  }
  Member member;
  const auto departed = departed_.find(actor_key);
  if (departed != departed_.end()) {
    member = std::move(departed->second);
    departed_.erase(departed);
    departed_order_.erase(std::find(departed_order_.begin(), departed_order_.end(), actor_key));
  }
  const bool keeps_slot = member.slot.threads > 0 && members_.count(member.slot.actor) == 0;
  if (keeps_slot) {
    left_behind_.erase(member.slot.actor);
  } else {
    // Another place is another session: its numbers start at 1.
    member = Member();
    member.slot = NewSlot(threads, envs_per_thread);
    member.slot.actor_key = actor_key;
    member.resumed = !member.slot.resume_states.empty();
  }
  member.joined_at = MonotonicSeconds();
  const Slot slot = member.slot;
  members_[slot.actor] = std::move(member);
  most_joined_ = std::max(most_joined_, static_cast<uint32_t>(members_.size()));
  return slot;
}

Roster::Slot Roster::NewSlot(uint32_t threads, uint32_t envs_per_thread) {
  Slot slot;
  while (members_.count(slot.actor) > 0) ++slot.actor;
  slot.threads = threads;
  slot.envs_per_thread = envs_per_thread;
  const auto left = left_behind_.find(slot.actor);
  if (left != left_behind_.end() && left->second.threads == threads &&
      left->second.envs_per_thread == envs_per_thread) {
    slot.first_environment = left->second.first_environment;
    slot.resume_states = left->second.resume_states;
    // Whoever left them behind must not come back to them: they have moved on.
    for (auto& [key, departed] : departed_) {
      if (departed.slot.first_environment == slot.first_environment) departed.slot = Slot();
    }
  } else {
    slot.first_environment = next_environment_;
    next_environment_ += static_cast<uint64_t>(threads) * envs_per_thread;
  }
  left_behind_.erase(slot.actor);
  return slot;
}

void Roster::Free(std::map<uint32_t, Member>::iterator member) {
  ++departures_;
  const Slot& slot = member->second.slot;
  const bool stuck = member->second.resumed && !member->second.trained;
  stuck_[slot.actor] = stuck ? stuck_[slot.actor] + 1 : 0;
  // Only where an actor can be continued exactly may another take over its environments.
  if (!slot.resume_states.empty() && stuck_[slot.actor] <= kMostStuck) {
    left_behind_[slot.actor] = {slot.actor, slot.threads, slot.envs_per_thread,
                                slot.first_environment, slot.resume_states};
  }
  departed_order_.push_back(slot.actor_key);
  departed_[slot.actor_key] = std::move(member->second);
  members_.erase(member);
  if (departed_order_.size() > kDepartedKept) {
    departed_.erase(departed_order_.front());
    departed_order_.pop_front();
  }
}

void Roster::FreeSilent() {
  for (auto member = members_.begin(); member != members_.end();) {
    const auto next = std::next(member);
    if (member->second.streams.empty() &&
        MonotonicSeconds() - member->second.joined_at > kSilentSeconds) {
      Free(member);
    }
    member = next;
  }
}

absl::StatusOr<Roster::Opened> Roster::OpenStream(uint32_t actor, uint32_t thread) {
  MutexLock lock(mu_);
  const auto member = members_.find(actor);
  if (member == members_.end()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'actor': %d has not joined", actor));
  }
  if (thread >= member->second.slot.threads) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'thread': %d, but actor %d joined with %d threads", thread,
                        actor, member->second.slot.threads));
  }
  member->second.streams[thread] = next_stream_;
  return Opened{next_stream_++, member->second.slot.envs_per_thread};
}

bool Roster::CloseStream(uint32_t actor, uint32_t thread, uint64_t number) {
  MutexLock lock(mu_);
  const auto member = members_.find(actor);
  if (member == members_.end()) return false;
  auto& streams = member->second.streams;
  const auto stream = streams.find(thread);
  if (stream == streams.end() || stream->second != number) return false;
  streams.erase(stream);
  if (streams.empty()) Free(member);
  return true;
}

bool Roster::Claim(const UnrollId& id) {
  MutexLock lock(mu_);
  const auto member = members_.find(id.actor);
  if (member == members_.end()) return false;
  uint64_t& last = member->second.last_sequence[id.thread];
  if (id.sequence <= last) return false;
  last = id.sequence;
  return true;
}

void Roster::RecordTrained(uint32_t actor, uint32_t thread, uint64_t lag, uint64_t columns,
                           const std::string& resume_state) {
  MutexLock lock(mu_);
  lag_by_actor_[actor].Add(lag, columns);
  if (resume_state.empty()) return;
  const auto member = members_.find(actor);
  if (member == members_.end()) {
    // It left while its unroll was trained on; who takes its place goes on after that.
    const auto left = left_behind_.find(actor);
    if (left != left_behind_.end() && thread < left->second.resume_states.size()) {
      left->second.resume_states[thread] = resume_state;
    }
    return;
  }
  // The slot may be another's since, with fewer threads.
  if (thread >= member->second.slot.threads) return;
  member->second.trained = true;
  auto& states = member->second.slot.resume_states;
  states.resize(member->second.slot.threads);
  states[thread] = resume_state;
}

uint32_t Roster::joined() const {
  MutexLock lock(mu_);
  return static_cast<uint32_t>(members_.size());
}

uint64_t Roster::departures() const {
  MutexLock lock(mu_);
  return departures_;
}

uint32_t Roster::most_joined() const {
  MutexLock lock(mu_);
  return most_joined_;
}

std::map<uint32_t, Histogram> Roster::lag_by_actor() const {
  MutexLock lock(mu_);
  return lag_by_actor_;
}

std::vector<ActorSlot> Roster::ForCheckpoint() const {
  MutexLock lock(mu_);
  std::map<uint32_t, ActorSlot> slots = left_behind_;
  for (const auto& [actor, member] : members_) {
    const Slot& slot = member.slot;
    slots[actor] = {slot.actor, slot.threads, slot.envs_per_thread, slot.first_environment,
                    slot.resume_states};
  }
  std::vector<ActorSlot> listed;
  for (auto& entry : slots) listed.push_back(std::move(entry.second));
  return listed;
}

uint64_t Roster::next_environment() const {
  MutexLock lock(mu_);
  return next_environment_;
}

}  // namespace nyala
