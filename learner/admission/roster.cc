#include "learner/admission/roster.h"

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

constexpr size_t kDepartedKept = 1024;
constexpr size_t kMostIdle = 4;
// How long a stream counts that sends nothing, in leases: before its first unroll, and after one.
constexpr double kMostPreparing = 0.5;
constexpr double kMostQuiet = 10;
// Actors that may go within as many leases without having delivered, before nobody is waited for.
constexpr size_t kMostIdleDepartures = 3;

absl::Status LeaseEnded() {
  return absl::UnavailableError("the lease of this actor has ended; it has to join again");
}

// What is judged of a slot with so many threads; its states would be a large copy.
Roster::Slot WithThreads(const Roster::Slot& slot, uint32_t threads) {
  Roster::Slot judged;
  judged.actor = slot.actor;
  judged.threads = threads;
  judged.envs_per_thread = slot.envs_per_thread;
  return judged;
}

uint64_t RandomLease() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

Roster::Roster(std::vector<ActorSlot> left_behind, uint64_t next_environment, Options options)
    : options_(std::move(options)), environments_(std::move(left_behind), next_environment) {}

Roster::Members::iterator Roster::OfLease(uint64_t lease) {
  const auto found = actor_of_lease_.find(lease);
  return found == actor_of_lease_.end() ? members_.end() : members_.find(found->second);
}

Roster::Members::iterator Roster::OfKey(uint64_t actor_key) {
  const auto found = actor_of_key_.find(actor_key);
  return found == actor_of_key_.end() ? members_.end() : members_.find(found->second);
}

void Roster::GiveLease(Member* member) {
  actor_of_lease_.erase(member->lease);
  do {
    member->lease = RandomLease();
  } while (member->lease == 0 || actor_of_lease_.count(member->lease) > 0);
  actor_of_lease_[member->lease] = member->slot.actor;
  member->alive_at = options_.clock();
}

absl::StatusOr<Roster::Joined> Roster::Join(uint64_t actor_key, uint32_t threads,
                                            uint32_t envs_per_thread, const std::string& who,
                                            const FitCheck& fits) {
  MutexLock lock(mu_);
  Joined joined;
  auto member = OfKey(actor_key);
  joined.continues = member != members_.end();
  if (joined.continues) {
    NYALA_RETURN_IF_ERROR(CheckFit(&member->second, member->second.slot, fits));
  } else {
    NYALA_RETURN_IF_ERROR(CheckFit(nullptr, Wanted(actor_key, threads, envs_per_thread), fits));
    NYALA_RETURN_IF_ERROR(CheckPlaces());
    member = Enter(actor_key, threads, envs_per_thread, &joined.continues);
  }
  for (const auto& stream : member->second.streams) joined.superseded.push_back(stream.first);
  member->second.streams.clear();
  Recount(&member->second);
  member->second.who = who;
  GiveLease(&member->second);
  joined.slot = member->second.slot;
  joined.lease = member->second.lease;
  return joined;
}

absl::Status Roster::CheckFit(Member* own, const Slot& slot, const FitCheck& fits) {
  if (fits == nullptr) return absl::OkStatus();
  const uint32_t counted = own == nullptr ? 0 : own->counted;
  if (own != nullptr) SetCounted(own, 0);
  const absl::Status fit = fits(slot, sizes_);
  if (own != nullptr) SetCounted(own, counted);
  if (!fit.ok()) no_room_at_ = options_.clock();
  return fit;
}

bool Roster::IsFree(const Slot& earlier) const {
  return earlier.threads > 0 && members_.count(earlier.actor) == 0;
}

Roster::Slot Roster::Wanted(uint64_t actor_key, uint32_t threads, uint32_t envs_per_thread) const {
  const auto departed = departed_.find(actor_key);
  if (departed != departed_.end() && IsFree(departed->second.slot)) {
    return WithThreads(departed->second.slot, departed->second.slot.threads);
  }
  Slot slot;
  slot.threads = threads;
  slot.envs_per_thread = envs_per_thread;
  return slot;
}

absl::Status Roster::CheckPlaces() const {
  const auto sending = static_cast<size_t>(sizes_.actors);
  if (sending < options_.most_members && members_.size() / kMostIdle < options_.most_members) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrFormat(
      "%s joined already, as many as the learner takes (transport.max_streams)",
      members_.size() == 1 ? "1 actor has" : absl::StrCat(members_.size(), " actors have")));
}

// Enters an actor that is no member now; it may have been one and left.
Roster::Members::iterator Roster::Enter(uint64_t actor_key, uint32_t threads,
                                        uint32_t envs_per_thread, bool* continues) {
  Member member;
  const auto departed = departed_.find(actor_key);
  if (departed != departed_.end()) {
    member = std::move(departed->second);
    departed_.erase(departed);
    departed_order_.erase(std::find(departed_order_.begin(), departed_order_.end(), actor_key));
  }
  *continues = IsFree(member.slot);
  if (*continues) {
    member.slot.resume_states = environments_.TakeBack(member.slot.actor);
  } else {
    // Another place is another session: its numbers start at 1.
    member = Member();
    member.slot = NewSlot(threads, envs_per_thread);
    member.slot.actor_key = actor_key;
    member.slot.holder = next_holder_++;
    member.resumed = !member.slot.resume_states.empty();
  }
  const uint32_t actor = member.slot.actor;
  member_columns_ += member.slot.columns();
  actor_of_key_[actor_key] = actor;
  const auto entered = members_.emplace(actor, std::move(member)).first;
  while (members_.count(lowest_free_) > 0) ++lowest_free_;
  most_joined_ = std::max(most_joined_, static_cast<uint32_t>(members_.size()));
  return entered;
}

Roster::Slot Roster::NewSlot(uint32_t threads, uint32_t envs_per_thread) {
  Slot slot;
  slot.actor = lowest_free_;
  slot.threads = threads;
  slot.envs_per_thread = envs_per_thread;
  EnvironmentLedger::Given given = environments_.Give(slot.actor, threads, envs_per_thread);
  slot.first_environment = given.first_environment;
  slot.resume_states = std::move(given.resume_states);
  if (slot.resume_states.empty()) return slot;
  // Whoever left them behind must not come back to them: they have moved on.
  for (auto& [key, departed] : departed_) {
    if (departed.slot.first_environment == slot.first_environment) departed.slot = Slot();
  }
  return slot;
}

absl::Status Roster::Renew(uint64_t lease) {
  MutexLock lock(mu_);
  const auto member = OfLease(lease);
  if (member == members_.end()) return LeaseEnded();
  member->second.alive_at = options_.clock();
  return absl::OkStatus();
}

Roster::Member Roster::Remove(Members::iterator entry) {
  SetCounted(&entry->second, 0);
  const auto& threads = entry->second.threads;
  const bool idle = std::none_of(threads.begin(), threads.end(),
                                 [](const auto& thread) { return thread.second.delivered; });
  if (idle && !threads.empty()) {
    idle_departures_.push_back(options_.clock());
    if (idle_departures_.size() > kMostIdleDepartures) idle_departures_.pop_front();
  }
  entry->second.threads.clear();
  member_columns_ -= entry->second.slot.columns();
  Member member = std::move(entry->second);
  const uint32_t actor = entry->first;
  members_.erase(entry);
  actor_of_lease_.erase(member.lease);
  actor_of_key_.erase(member.slot.actor_key);
  lags_.Forget(actor);
  lowest_free_ = std::min(lowest_free_, actor);
  return member;
}

void Roster::Free(Members::iterator entry) {
  Member member = Remove(entry);
  Slot& slot = member.slot;
  environments_.Keep({slot.actor, slot.threads, slot.envs_per_thread, slot.first_environment,
                      std::move(slot.resume_states)},
                     member.resumed && !member.trained);
  slot.resume_states.clear();
  member.streams.clear();
  departed_order_.push_back(slot.actor_key);
  departed_[slot.actor_key] = std::move(member);
  if (departed_order_.size() > kDepartedKept) {
    departed_.erase(departed_order_.front());
    departed_order_.pop_front();
  }
}

std::vector<Roster::Expired> Roster::Expire() {
  MutexLock lock(mu_);
  std::vector<Expired> expired;
  const double now = options_.clock();
  for (auto member = members_.begin(); member != members_.end();) {
    const auto next = std::next(member);
    if (!member->second.streams.empty()) {
      Recount(&member->second);
    } else if (now > member->second.alive_at + options_.lease_seconds) {
      expired.push_back({member->first, member->second.who});
      Free(member);
    }
    member = next;
  }
  return expired;
}

absl::StatusOr<Roster::Opened> Roster::OpenStream(uint64_t lease, uint32_t thread,
                                                  const FitCheck& fits) {
  MutexLock lock(mu_);
  const auto found = OfLease(lease);
  if (found == members_.end()) return LeaseEnded();
  Member& member = found->second;
  if (thread >= member.slot.threads) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unroll field 'thread': %d, but actor %d joined with %d threads", thread,
                        member.slot.actor, member.slot.threads));
  }
  const size_t with_it = member.streams.size() + (member.streams.count(thread) > 0 ? 0 : 1);
  NYALA_RETURN_IF_ERROR(
      CheckFit(&member, WithThreads(member.slot, static_cast<uint32_t>(with_it)), fits));
  // Opening it again is no sign that it will deliver.
  const Thread& known = member.threads.emplace(thread, Thread{options_.clock()}).first->second;
  Stream& stream = member.streams[thread];
  const bool was_awaited = std::exchange(stream.number, next_stream_++) != 0 && stream.awaited;
  stream.awaited = was_awaited || (!trained_ && !known.left_out && !IsSilent(known));
  Recount(&member);
  Opened opened;
  opened.number = stream.number;
  opened.on_probation = !stream.awaited;
  opened.columns = member.slot.envs_per_thread;
  opened.actor = member.slot.actor;
  opened.first_environment = member.slot.first_environment;
  opened.holder = member.slot.holder;
  opened.who = member.who;
  return opened;
}

bool Roster::IsOpen(uint64_t lease, uint32_t thread, uint64_t number) {
  MutexLock lock(mu_);
  const auto member = OfLease(lease);
  if (member == members_.end()) return false;
  const auto stream = member->second.streams.find(thread);
  return stream != member->second.streams.end() && stream->second.number == number;
}

Roster::Closed Roster::Close(Members::iterator member, uint32_t thread) {
  member->second.streams.erase(thread);
  Recount(&member->second);
  Closed closed{true, member->second.streams.empty(), member->second.who};
  if (closed.left) Free(member);
  return closed;
}

Roster::Closed Roster::CloseStream(uint64_t lease, uint32_t thread, uint64_t number) {
  MutexLock lock(mu_);
  const auto member = OfLease(lease);
  if (member == members_.end()) return {};
  const auto stream = member->second.streams.find(thread);
  if (stream == member->second.streams.end() || stream->second.number != number) return {};
  return Close(member, thread);
}

absl::StatusOr<Roster::Left> Roster::Leave(uint64_t lease) {
  MutexLock lock(mu_);
  const auto member = OfLease(lease);
  if (member == members_.end()) return LeaseEnded();
  return LeaveNow(member);
}

absl::StatusOr<Roster::Left> Roster::LeaveByKey(uint64_t actor_key) {
  MutexLock lock(mu_);
  const auto member = OfKey(actor_key);
  if (member == members_.end()) return absl::NotFoundError("no member has this key");
  return LeaveNow(member);
}

Roster::Left Roster::LeaveNow(Members::iterator member) {
  Left left{member->first, member->second.who, {}};
  for (const auto& stream : member->second.streams) left.threads.push_back(stream.first);
  Free(member);
  return left;
}

std::optional<std::string> Roster::LeaveOut(uint32_t actor, uint32_t thread, uint64_t holder,
                                            double since) {
  MutexLock lock(mu_);
  const auto found = members_.find(actor);
  if (found == members_.end() || found->second.slot.holder != holder) return std::nullopt;
  Member& member = found->second;
  const auto stream = member.streams.find(thread);
  Thread& known = member.threads[thread];
  if (stream == member.streams.end() || known.heard_at >= since) return std::nullopt;
  stream->second.awaited = false;
  known.left_out = true;
  known.heard_at = -std::numeric_limits<double>::infinity();
  Recount(&member);
  return member.who;
}

absl::Status Roster::Count(Member* member, uint32_t thread, const FitCheck& fits) {
  if (!member->streams[thread].counted) {
    NYALA_RETURN_IF_ERROR(CheckFit(member, WithThreads(member->slot, member->counted + 1), fits));
  }
  Thread& known = member->threads[thread];
  known.heard_at = options_.clock();
  known.delivered = true;
  Stream& stream = member->streams[thread];
  stream.awaited = true;
  if (!stream.counted) Recount(member);
  return absl::OkStatus();
}

absl::StatusOr<Roster::Claimed> Roster::Claim(uint64_t lease, uint32_t thread, uint64_t number,
                                              uint64_t sequence, const FitCheck& fits, bool good) {
  MutexLock lock(mu_);
  const auto found = OfLease(lease);
  if (found == members_.end()) return Claimed::kGone;
  Member& member = found->second;
  const auto stream = member.streams.find(thread);
  if (stream == member.streams.end() || stream->second.number != number) return Claimed::kGone;
  uint64_t& last = member.last_sequence[thread];
  if (sequence <= last) return Claimed::kDuplicate;
  if (good) NYALA_RETURN_IF_ERROR(Count(&member, thread, fits));
  last = sequence;
  if (!good) return Claimed::kFresh;
  const bool is_back = std::exchange(member.threads[thread].left_out, false);
  return is_back ? Claimed::kBack : Claimed::kFresh;
}

void Roster::RecordTrained(uint32_t actor, uint32_t thread, uint64_t first_environment,
                           uint64_t lag, uint64_t columns, const std::string& resume_state) {
  MutexLock lock(mu_);
  trained_ = true;
  const auto found = members_.find(actor);
  if (found != members_.end() && found->second.slot.first_environment == first_environment) {
    Member& member = found->second;
    lags_.Add(actor, lag, columns);
    member.trained = true;
    if (resume_state.empty() || thread >= member.slot.threads) return;
    member.slot.resume_states.resize(member.slot.threads);
    const uint64_t share = options_.most_state_bytes / static_cast<uint64_t>(member_columns_);
    const bool fits = resume_state.size() <= share * member.slot.envs_per_thread;
    // Without one the thread's environments begin anew.
    member.slot.resume_states[thread] = fits ? resume_state : "";
    return;
  }
  // It left while its unroll was trained on; who takes its place goes on after that.
  environments_.Update(actor, first_environment, thread, resume_state);
}

uint32_t Roster::joined() const {
  MutexLock lock(mu_);
  return static_cast<uint32_t>(members_.size());
}

void Roster::SetCounted(Member* member, uint32_t threads) {
  const int64_t before = std::exchange(member->counted, threads);
  const int64_t more = int64_t{threads} - before;
  if (more == 0) return;
  const uint32_t envs = member->slot.envs_per_thread;
  sizes_.actors += (threads > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  sizes_.columns += more * envs;
  int64_t& of_this_width = sizes_.threads[envs];
  of_this_width += more;
  if (of_this_width == 0) sizes_.threads.erase(envs);
}

bool Roster::ManyGoIdle() const {
  const double oldest = options_.clock() - kMostQuiet * options_.lease_seconds;
  return idle_departures_.size() == kMostIdleDepartures && oldest < idle_departures_.front() &&
         oldest < no_room_at_;
}

bool Roster::IsSilent(const Thread& thread) const {
  if (!thread.delivered && ManyGoIdle()) return true;
  const double leases = thread.delivered ? kMostQuiet : kMostPreparing;
  return options_.clock() > thread.heard_at + leases * options_.lease_seconds;
}

void Roster::Recount(Member* member) {
  uint32_t counted = 0;
  for (auto& [thread, stream] : member->streams) {
    stream.counted =
        (options_.batches_wait && stream.awaited) || !IsSilent(member->threads[thread]);
    counted += stream.counted ? 1 : 0;
  }
  SetCounted(member, counted);
}

uint32_t Roster::most_joined() const {
  MutexLock lock(mu_);
  return most_joined_;
}

ActorLags::Summary Roster::LagSummary() const {
  MutexLock lock(mu_);
  return lags_.Summarize();
}

std::vector<ActorSlot> Roster::ForCheckpoint() const {
  MutexLock lock(mu_);
  std::map<uint32_t, ActorSlot> slots = environments_.left_behind();
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
  return environments_.next_environment();
}

}  // namespace nyala
