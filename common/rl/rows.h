// Rows: the arrays of T consecutive rows of some columns, and the one list of them.
//
// Whoever copies, masks, checks, sends or keeps rows asks ForEachArray. Another array is a member
// of BasicRows and a line of ForEachArray, beside what it is for: who produces and who reads it.
// Time-major, contiguous, little-endian host memory; plain values, no LibTorch.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "common/rl/episode_rows.h"
#include "common/rl/specs.h"

namespace nyala {

// The shape that every unroll of one rollout thread has.
struct UnrollSpec {
  int64_t T = 0;
  int64_t E = 0;
  TensorSpec observation;
  ActionSpec action;
  // Floats of recurrent state per environment; 0 for a feed-forward policy.
  int64_t state_size = 0;

  int64_t rows() const { return T * E; }
  // All of the payload, without headers and episodes.
  int64_t bytes() const;
};

template <template <typename> class Array>
struct BasicRows {
  Array<float> log_mu;          // [T, columns] log of the behaviour policy's density
  Array<float> rewards;         // [T, columns]
  Array<float> initial_state;   // [columns, S] recurrent state before row 0
  Array<uint8_t> actions;       // [T, columns] int32, or [T, columns, n] of either type
  Array<uint8_t> observations;  // [T+1, columns, ...] of the environment's dtype
  Array<uint8_t> flags;         // [T, columns] RowFlag bits
};

template <typename T>
using OwnedArray = std::vector<T>;
template <typename T>
using BorrowedArray = absl::Span<const T>;
template <typename T>
using LentArray = absl::Span<T>;

using Rows = BasicRows<OwnedArray>;
using RowsView = BasicRows<BorrowedArray>;
// Somebody's memory, to be written to.
using RowsMemory = BasicRows<LentArray>;

// What is known of an array beside its values.
struct ArrayInfo {
  const char* name;  // of its field on the wire, too
  int64_t rows;      // that each column has: T, T + 1, or 1
  bool each_row;     // false: one a column, whatever T is
  DType dtype;
  absl::Span<const int64_t> shape;  // of one element; the spec's
  int64_t bytes;                    // of one element
  uint8_t masked;                   // what each byte is where a row counts for nothing
};

// Calls visit(info, array of each of `rows`...) for every array, in the order in which a column is
// kept as one piece of memory, and in replay.bin: floats first, so that they are aligned.
template <typename Visit, typename... AnyRows>
void ForEachArray(const UnrollSpec& spec, int64_t T, Visit visit, AnyRows&&... rows) {
  constexpr DType kFloat = DType::kFloat32;
  const absl::Span<const int64_t> scalar;
  // A single whole number has no axis of its own.
  const bool whole = spec.action.kind == ActionSpec::Kind::kDiscrete;
  const auto action = absl::MakeConstSpan(&spec.action.n, whole ? 0 : 1);
  const auto state = absl::MakeConstSpan(&spec.state_size, 1);
  visit(ArrayInfo{"log_mu", T, true, kFloat, scalar, 4, 0}, rows.log_mu...);
  visit(ArrayInfo{"rewards", T, true, kFloat, scalar, 4, 0}, rows.rewards...);
  visit(ArrayInfo{"initial_state", 1, false, kFloat, state, 4 * spec.state_size, 0},
        rows.initial_state...);
  visit(ArrayInfo{"actions", T, true, spec.action.dtype(), action, spec.action.bytes(), 0},
        rows.actions...);
  visit(ArrayInfo{"observations", T + 1, true, spec.observation.dtype, spec.observation.shape,
                  spec.observation.bytes(), 0},
        rows.observations...);
  visit(ArrayInfo{"flags", T, true, DType::kUint8, scalar, 1, kRowFinal}, rows.flags...);
}
template <typename Visit, typename... AnyRows>
void ForEachArray(const UnrollSpec& spec, Visit visit, AnyRows&&... rows) {
  ForEachArray(spec, spec.T, std::move(visit), rows...);
}

// The bytes of an array, owned, lent or borrowed.
template <typename Array>
uint8_t* BytesOf(Array& array) {
  return reinterpret_cast<uint8_t*>(array.data());
}
template <typename Array>
const uint8_t* BytesOf(const Array& array) {
  return reinterpret_cast<const uint8_t*>(array.data());
}
template <typename Array>
int64_t SizeInBytes(const Array& array) {
  return static_cast<int64_t>(array.size() * sizeof(*array.data()));
}

// Makes the arrays as large as T rows of `columns` columns; new elements are 0.
void Resize(const UnrollSpec& spec, int64_t T, int64_t columns, Rows* rows);

RowsView ViewOf(const Rows& rows);

}  // namespace nyala
