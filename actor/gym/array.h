// Arrays of numpy through Python's buffer protocol, which every version of numpy has alike.
//
// The caller holds the interpreter (actor/gym/python.h).
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nyala {

enum class ElementType {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFloat32,
  kFloat64
};

// What arrays of one space look like.
struct ArrayType {
  std::vector<int64_t> shape;
  ElementType element = ElementType::kFloat32;

  int64_t elements() const;
  // As numpy says it: "float32 of shape (4,)".
  std::string Name() const;
};

// Type of a space with `shape` and `dtype`. InvalidArgument, naming the dtype, for one that is not
// among the element types.
absl::StatusOr<ArrayType> ArrayTypeOf(pybind11::handle space);

// A number or an array of them as a flat list; one number alone is repeated to `n`.
std::vector<int64_t> WholeNumbers(pybind11::handle value, int64_t n);
std::vector<double> Numbers(pybind11::handle value, int64_t n);

// Copies an array, whatever its strides, to [elements] in C order. InvalidArgument, naming both,
// when it is of another type. No allocation for arrays in C order.
absl::Status CopyArray(pybind11::handle array, const ArrayType& type, float* to);
absl::Status CopyArray(pybind11::handle array, const ArrayType& type, int64_t* to);
absl::Status CopyArray(pybind11::handle array, const ArrayType& type, uint8_t* to);
// uint8 [H, W, C] to [C, H, W].
absl::Status CopyImage(pybind11::handle array, const ArrayType& type, uint8_t* to);

// Overwrites a writable array of this type, in C order.
void FillArray(pybind11::handle array, const ArrayType& type, const float* from);
void FillArray(pybind11::handle array, const ArrayType& type, const int64_t* from);

}  // namespace nyala
