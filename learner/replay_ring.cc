#include "learner/replay_ring.h"

#include <cstring>
#include <new>

#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace nyala {
namespace {

constexpr char kMagic[] = "NYALARPL";
constexpr uint64_t kFormat = 1;
constexpr int64_t kAlignment = 8;

int64_t Aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

void AppendNumber(uint64_t number, std::string* to) {
  to->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

// False when there is none left.
bool TakeNumber(absl::string_view* from, uint64_t* number) {
  if (from->size() < sizeof(*number)) return false;
  std::memcpy(number, from->data(), sizeof(*number));
  from->remove_prefix(sizeof(*number));
  return true;
}

absl::Status Damaged() { return absl::DataLossError("the replayed columns are damaged"); }

}  // namespace

ReplayRing::Layout::Layout(const UnrollSpec& spec)
    : rewards(spec.T * 4),
      initial_state(rewards + spec.T * 4),
      actions(initial_state + spec.state_size * 4),
      observations(actions + spec.T * spec.action.bytes()),
      flags(observations + (spec.T + 1) * spec.observation.bytes()),
      end(flags + spec.T) {}

absl::StatusOr<std::unique_ptr<ReplayRing>> ReplayRing::Create(const UnrollSpec& spec,
                                                               int64_t capacity) {
  const int64_t bytes = Aligned(Layout(spec).end) * capacity;
  // Not initialised: the system gives the pages as they are first written.
  std::unique_ptr<uint8_t[]> memory(new (std::nothrow) uint8_t[bytes]);
  if (memory == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("batch.replay_columns is %d, which take %d bytes and there is no such "
                        "memory; lower batch.replay_columns",
                        capacity, bytes));
  }
  return std::unique_ptr<ReplayRing>(new ReplayRing(spec, capacity, std::move(memory)));
}

ReplayRing::ReplayRing(const UnrollSpec& spec, int64_t capacity, std::unique_ptr<uint8_t[]> memory)
    : spec_(spec),
      layout_(spec),
      capacity_(capacity),
      column_bytes_(Aligned(layout_.end)),
      memory_(std::move(memory)),
      versions_(capacity) {}

uint8_t* ReplayRing::Push(uint64_t policy_version) {
  if (size_ == capacity_) {
    first_ = (first_ + 1) % capacity_;
  } else {
    ++size_;
  }
  versions_[(first_ + size_ - 1) % capacity_] = policy_version;
  return At(size_ - 1);
}

void ReplayRing::Add(Slab& slab, int64_t column, uint64_t policy_version) {
  uint8_t* const at = Push(policy_version);
  ColumnMemory to;
  to.log_mu = reinterpret_cast<float*>(at);
  to.rewards = reinterpret_cast<float*>(at + layout_.rewards);
  to.initial_state = reinterpret_cast<float*>(at + layout_.initial_state);
  to.actions = at + layout_.actions;
  to.observations = at + layout_.observations;
  to.flags = at + layout_.flags;
  slab.ReadColumn(column, to);
}

UnrollView ReplayRing::Column(int64_t i) const {
  const uint8_t* const at = At(i);
  const auto floats = [at](int64_t from, int64_t count) {
    return absl::MakeConstSpan(reinterpret_cast<const float*>(at + from), count);
  };
  const auto bytes = [at](int64_t from, int64_t to) {
    return absl::MakeConstSpan(at + from, to - from);
  };
  UnrollView view;
  view.policy_version = versions_[(first_ + i) % capacity_];
  view.T = spec_.T;
  view.E = 1;
  view.log_mu = floats(0, spec_.T);
  view.rewards = floats(layout_.rewards, spec_.T);
  view.initial_state = floats(layout_.initial_state, spec_.state_size);
  view.actions = bytes(layout_.actions, layout_.observations);
  view.observations = bytes(layout_.observations, layout_.flags);
  view.flags = bytes(layout_.flags, layout_.end);
  return view;
}

std::vector<uint64_t> ReplayRing::Shape() const {
  return {static_cast<uint64_t>(spec_.T), static_cast<uint64_t>(spec_.observation.bytes()),
          static_cast<uint64_t>(spec_.action.bytes()), static_cast<uint64_t>(spec_.state_size)};
}

std::string ReplayRing::Encode() const {
  std::string encoded(kMagic);
  encoded.reserve(encoded.size() + 6 * sizeof(uint64_t) + size_ * (sizeof(uint64_t) + layout_.end));
  AppendNumber(kFormat, &encoded);
  for (const uint64_t number : Shape()) AppendNumber(number, &encoded);
  AppendNumber(size_, &encoded);
  for (int64_t i = 0; i < size_; ++i) {
    AppendNumber(versions_[(first_ + i) % capacity_], &encoded);
    encoded.append(reinterpret_cast<const char*>(At(i)), layout_.end);
  }
  return encoded;
}

absl::Status ReplayRing::Restore(absl::string_view encoded) {
  uint64_t format = 0;
  if (!absl::ConsumePrefix(&encoded, kMagic) || !TakeNumber(&encoded, &format)) return Damaged();
  if (format != kFormat) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the replayed columns have format %d, this program reads %d", format, kFormat));
  }
  const std::vector<uint64_t> mine = Shape();
  std::vector<uint64_t> shape(mine.size());
  for (uint64_t& number : shape) {
    if (!TakeNumber(&encoded, &number)) return Damaged();
  }
  if (shape != mine) {
    const auto describe = [](const std::vector<uint64_t>& of) {
      return absl::StrFormat(
          "batch.unroll_length %d, observations of %d bytes, actions of %d and %d floats of state",
          of[0], of[1], of[2], of[3]);
    };
    return absl::FailedPreconditionError(
        absl::StrFormat("the replayed columns have %s, this run's have %s; resume with --set "
                        "checkpoint.replay=false to start with none",
                        describe(shape), describe(mine)));
  }
  uint64_t columns = 0;
  const uint64_t each = sizeof(uint64_t) + layout_.end;
  if (!TakeNumber(&encoded, &columns) || encoded.size() % each != 0 ||
      encoded.size() / each != columns) {
    return Damaged();
  }
  first_ = size_ = 0;
  while (!encoded.empty()) {
    uint64_t version = 0;
    TakeNumber(&encoded, &version);
    std::memcpy(Push(version), encoded.data(), layout_.end);
    encoded.remove_prefix(layout_.end);
  }
  return absl::OkStatus();
}

}  // namespace nyala
