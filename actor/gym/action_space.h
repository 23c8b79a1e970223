// Action spaces of Gymnasium: Discrete (from any start), MultiDiscrete, MultiBinary, and Box of
// floats. An action is what the space's own sample() would give: a number of numpy's, or an array
// of the space's type and shape that is the environment's to keep.
// The caller holds the interpreter (actor/gym/python.h), also when this is destroyed.
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "absl/status/statusor.h"
#include "actor/environment.h"
#include "actor/gym/array.h"
#include "common/rl/specs.h"

namespace nyala {

class ActionSpace {
 public:
  // InvalidArgument that names the space when it is none of the above.
  static absl::StatusOr<ActionSpace> Make(pybind11::handle space);

  const ActionSpec& spec() const { return spec_; }

  // For env.step().
  pybind11::object Action(ActionRef action);

 private:
  absl::Status MakeDiscrete(pybind11::handle space);
  absl::Status MakeArrays(pybind11::handle space, const std::string& kind);
  void MakeBox(pybind11::handle space);

  ActionSpec spec_;
  // Discrete: all of them.
  std::vector<pybind11::object> actions_;
  // The others: copied for each action.
  pybind11::object blank_;
  ArrayType type_;
  std::vector<int64_t> starts_, numbers_;
};

}  // namespace nyala
