// Observation spaces of Gymnasium as tensors.
//
//   Box of uint8                       uint8, its shape; [H, W, C] of up to 4 channels, and of more
//                                      rows than channels, is an image and becomes [C, H, W]
//   Box of another type                float32, its shape
//   Discrete, MultiDiscrete            float32, one-hot, one value after the other
//   MultiBinary                        float32, its shape
//   Dict or Tuple of these (not nested) float32 [sum of elements], in the space's order
// Spaces are known by the names of their classes, so that a module need not use Gymnasium's own.
// The caller holds the interpreter (actor/gym/python.h), also when this is destroyed.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "actor/gym/array.h"
#include "common/rl/specs.h"

namespace nyala {

// The class of a space, as "Box", or that of its bases which is one of Gymnasium's; else "".
std::string KindOfSpace(pybind11::handle space);

class ObservationSpace {
 public:
  // InvalidArgument that names the space when it is none of the above.
  static absl::StatusOr<ObservationSpace> Make(pybind11::handle space);

  const TensorSpec& spec() const { return spec_; }

  // Writes spec().bytes(). InvalidArgument when the observation is not of the space; a Python
  // exception when it has not the keys of its Dict.
  absl::Status Read(pybind11::handle observation, void* to) const;

 private:
  // One space of a Dict, or the only one.
  struct Part {
    enum class Kind { kArray, kImage, kOneHot, kOneHots };
    Kind kind = Kind::kArray;
    // Key in a Dict or Tuple; else null.
    pybind11::object key;
    ArrayType type;
    // Least value of each one-hot, and how many values it has.
    std::vector<int64_t> starts, choices;

    int64_t elements() const;
  };

  static absl::StatusOr<Part> MakePart(pybind11::handle space);
  void Describe(const Part& only, pybind11::handle space);
  static absl::Status ReadPart(const Part& part, pybind11::handle value, float* to);

  TensorSpec spec_;
  std::vector<Part> parts_;
};

}  // namespace nyala
