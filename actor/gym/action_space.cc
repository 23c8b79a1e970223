#include "actor/gym/action_space.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/gym/observation_space.h"
#include "actor/gym/python.h"
#include "common/base/status_macros.h"

namespace py = pybind11;

namespace nyala {
namespace {

absl::Status Unsupported(py::handle space) {
  return absl::InvalidArgumentError(
      absl::StrCat("its action space is ", OneLine(space),
                   "; Discrete, MultiDiscrete, MultiBinary and Box of floats can be acted in"));
}

// The float nearest to a bound that is not beyond it, where the bound is a double.
float Inside(double bound, float inward) {
  const auto nearest = static_cast<float>(bound);
  const bool beyond = inward > 0 ? nearest < bound : nearest > bound;
  return beyond ? std::nextafter(nearest, inward * std::numeric_limits<float>::infinity())
                : nearest;
}

}  // namespace

absl::StatusOr<ActionSpace> ActionSpace::Make(py::handle space) {
  const std::string kind = KindOfSpace(space);
  ActionSpace made;
  if (kind == "Discrete") {
    NYALA_RETURN_IF_ERROR(made.MakeDiscrete(space));
  } else if (kind == "Box" || kind == "MultiDiscrete" || kind == "MultiBinary") {
    NYALA_RETURN_IF_ERROR(made.MakeArrays(space, kind));
  } else {
    return Unsupported(space);
  }
  return made;
}

absl::Status ActionSpace::MakeDiscrete(py::handle space) {
  spec_.n = space.attr("n").cast<int64_t>();
  const auto start = py::getattr(space, "start", py::int_(0)).cast<int64_t>();
  const py::object type = py::hasattr(space, "dtype") ? py::object(space.attr("dtype").attr("type"))
                                                      : py::module_::import("numpy").attr("int64");
  for (int64_t i = 0; i < spec_.n; ++i) actions_.push_back(type(start + i));
  return absl::OkStatus();
}

absl::Status ActionSpace::MakeArrays(py::handle space, const std::string& kind) {
  absl::StatusOr<ArrayType> type = ArrayTypeOf(space);
  if (!type.ok() || type->elements() == 0) return Unsupported(space);
  type_ = *std::move(type);
  spec_.n = type_.elements();
  blank_ = py::module_::import("numpy").attr("zeros")(space.attr("shape"), space.attr("dtype"));
  numbers_.resize(static_cast<size_t>(spec_.n));
  starts_.assign(numbers_.size(), 0);
  if (kind == "Box") {
    const bool floats =
        type_.element == ElementType::kFloat32 || type_.element == ElementType::kFloat64;
    if (!floats) return Unsupported(space);
    MakeBox(space);
  } else if (kind == "MultiDiscrete") {
    spec_.kind = ActionSpec::Kind::kMultiDiscrete;
    spec_.choices = WholeNumbers(space.attr("nvec"), spec_.n);
    starts_ = WholeNumbers(py::getattr(space, "start", py::int_(0)), spec_.n);
  } else {
    spec_.kind = ActionSpec::Kind::kMultiBinary;
  }
  return absl::OkStatus();
}

void ActionSpace::MakeBox(py::handle space) {
  spec_.kind = ActionSpec::Kind::kContinuous;
  for (const double low : Numbers(space.attr("low"), spec_.n)) spec_.low.push_back(Inside(low, 1));
  for (const double high : Numbers(space.attr("high"), spec_.n)) {
    spec_.high.push_back(Inside(high, -1));
  }
}

py::object ActionSpace::Action(ActionRef action) {
  if (spec_.kind == ActionSpec::Kind::kDiscrete) {
    return actions_[static_cast<size_t>(action.discrete())];
  }
  py::object array = blank_.attr("copy")();
  if (spec_.kind == ActionSpec::Kind::kContinuous) {
    FillArray(array, type_, action.continuous());
    return array;
  }
  for (size_t i = 0; i < numbers_.size(); ++i) numbers_[i] = starts_[i] + action.multi()[i];
  FillArray(array, type_, numbers_.data());
  return array;
}

}  // namespace nyala
