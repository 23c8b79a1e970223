#include "learner/batches/replay_ring.h"

#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

constexpr char kMagic[] = "NYALARPL";
constexpr uint64_t kFormat = 1;

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

UnrollSpec OfOneColumn(UnrollSpec spec) {
  spec.E = 1;
  return spec;
}

// Lets the arrays of `rows` begin where they lie in a column's memory.
template <typename AnyRows>
AnyRows At(const UnrollSpec& spec, uint8_t* memory) {
  AnyRows rows;
  ForEachArray(
      spec,
      [&memory](const ArrayInfo& info, auto& array) {
        using Array = std::remove_reference_t<decltype(array)>;
        using Element = typename Array::element_type;
        const int64_t bytes = info.rows * info.bytes;
        array = Array(reinterpret_cast<Element*>(memory), bytes / sizeof(Element));
        memory += bytes;
      },
      rows);
  return rows;
}

absl::Status Damaged() { return absl::DataLossError("the replayed columns are damaged"); }

}  // namespace

absl::StatusOr<std::unique_ptr<ReplayRing>> ReplayRing::Create(const UnrollSpec& spec,
                                                               int64_t capacity) {
  const int64_t bytes = OfOneColumn(spec).bytes() * capacity;
  // Only to see whether there is so much: columns take theirs as they come. Not a new-expression,
  // which a compiler may leave out.
  void* const trial = ::operator new(static_cast<size_t>(bytes), std::nothrow);
  ::operator delete(trial);
  if (trial == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("batch.replay_columns is %d, which take %d bytes and there is no such "
                        "memory; lower batch.replay_columns",
                        capacity, bytes));
  }
  return std::unique_ptr<ReplayRing>(new ReplayRing(spec, capacity));
}

ReplayRing::ReplayRing(const UnrollSpec& spec, int64_t capacity)
    : spec_(OfOneColumn(spec)),
      column_bytes_(spec_.bytes()),
      capacity_(capacity),
      places_(capacity) {}

uint8_t* ReplayRing::Push(uint64_t policy_version) {
  if (size_ == capacity_) {
    first_ = (first_ + 1) % capacity_;
  } else {
    ++size_;
  }
  std::shared_ptr<Column>& place = places_[(first_ + size_ - 1) % capacity_];
  // Acquire: whatever a snapshot still read of it, it has read.
  if (place == nullptr || place->readers.load(std::memory_order_acquire) > 0) {
    place = std::make_shared<Column>();
    place->bytes.reset(new uint8_t[column_bytes_]);  // not initialised
  }
  place->version = policy_version;
  return place->bytes.get();
}

void ReplayRing::Add(Slab& slab, int64_t column, uint64_t policy_version) {
  slab.ReadColumn(column, At<RowsMemory>(spec_, Push(policy_version)));
}

UnrollView ReplayRing::View(int64_t i) const {
  UnrollView view;
  view.policy_version = Place(i).version;
  view.T = spec_.T;
  view.E = 1;
  static_cast<RowsView&>(view) = At<RowsView>(spec_, Place(i).bytes.get());
  return view;
}

std::vector<uint64_t> ReplayRing::Shape() const {
  return {static_cast<uint64_t>(spec_.T), static_cast<uint64_t>(spec_.observation.bytes()),
          static_cast<uint64_t>(spec_.action.bytes()), static_cast<uint64_t>(spec_.state_size)};
}

// Columns that are read; they stay as they are until it is gone.
class ReplayRing::Reading {
 public:
  Reading(std::vector<std::shared_ptr<Column>> columns, int64_t column_bytes)
      : columns_(std::move(columns)), column_bytes_(column_bytes) {
    for (const auto& column : columns_) column->readers.fetch_add(1, std::memory_order_relaxed);
  }
  ~Reading() {
    for (const auto& column : columns_) column->readers.fetch_sub(1, std::memory_order_release);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  absl::Status WriteTo(const ByteSink& sink) const {
    std::string version;
    for (const auto& column : columns_) {
      version.clear();
      AppendNumber(column->version, &version);
      NYALA_RETURN_IF_ERROR(sink(version));
      NYALA_RETURN_IF_ERROR(sink(absl::string_view(
          reinterpret_cast<const char*>(column->bytes.get()), static_cast<size_t>(column_bytes_))));
    }
    return absl::OkStatus();
  }

 private:
  const std::vector<std::shared_ptr<Column>> columns_;
  const int64_t column_bytes_;
};

ByteSource ReplayRing::Snapshot() const {
  std::string header(kMagic);
  AppendNumber(kFormat, &header);
  for (const uint64_t number : Shape()) AppendNumber(number, &header);
  AppendNumber(size_, &header);
  std::vector<std::shared_ptr<Column>> columns;
  columns.reserve(size_);
  for (int64_t i = 0; i < size_; ++i) columns.push_back(places_[(first_ + i) % capacity_]);
  // Shared, since a ByteSource may be copied.
  const auto reading = std::make_shared<const Reading>(std::move(columns), column_bytes_);
  return [header, reading](const ByteSink& sink) {
    NYALA_RETURN_IF_ERROR(sink(header));
    return reading->WriteTo(sink);
  };
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
  const uint64_t each = sizeof(uint64_t) + column_bytes_;
  if (!TakeNumber(&encoded, &columns) || encoded.size() % each != 0 ||
      encoded.size() / each != columns) {
    return Damaged();
  }
  first_ = size_ = 0;
  while (!encoded.empty()) {
    uint64_t version = 0;
    TakeNumber(&encoded, &version);
    std::memcpy(Push(version), encoded.data(), column_bytes_);
    encoded.remove_prefix(column_bytes_);
  }
  return absl::OkStatus();
}

}  // namespace nyala
