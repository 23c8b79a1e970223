#include "actor/gym/observation_space.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/gym/python.h"
#include "common/base/status_macros.h"

namespace py = pybind11;

namespace nyala {
namespace {

constexpr int64_t kMostChannels = 4;

absl::Status Unsupported(py::handle space, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "its observation space is ", OneLine(space), "; ", why,
      "Box, Discrete, MultiDiscrete, MultiBinary, and a Dict or Tuple of them can be observed"));
}

bool IsImage(const ArrayType& type) {
  return type.element == ElementType::kUint8 && type.shape.size() == 3 &&
         type.shape[2] <= kMostChannels && type.shape[0] > type.shape[2];
}

absl::Status WriteOneHot(int64_t value, int64_t start, int64_t choices, float* to) {
  std::fill(to, to + choices, 0.0f);
  if (value < start || value - start >= choices) {
    return absl::InvalidArgumentError(
        absl::StrCat("its space says ", start, " to ", start + choices - 1, ", but it is ", value));
  }
  to[value - start] = 1;
  return absl::OkStatus();
}

absl::Status ReadDiscrete(py::handle value, int64_t start, int64_t choices, float* to) {
  const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!number) {
    PyErr_Clear();
    return absl::InvalidArgumentError(
        absl::StrCat("its space says a whole number, but it is a ", Py_TYPE(value.ptr())->tp_name));
  }
  return WriteOneHot(number.cast<int64_t>(), start, choices, to);
}

}  // namespace

std::string KindOfSpace(py::handle space) {
  for (const py::handle type : py::type::of(space).attr("__mro__")) {
    const std::string name = py::str(type.attr("__name__"));
    for (const char* known : {"Box", "Discrete", "MultiDiscrete", "MultiBinary", "Dict", "Tuple"}) {
      if (name == known) return name;
    }
  }
  return "";
}

int64_t ObservationSpace::Part::elements() const {
  if (choices.empty()) return type.elements();
  int64_t sum = 0;
  for (const int64_t n : choices) sum += n;
  return sum;
}

absl::StatusOr<ObservationSpace::Part> ObservationSpace::MakePart(py::handle space) {
  const std::string kind = KindOfSpace(space);
  Part part;
  if (kind == "Discrete") {
    part.kind = Part::Kind::kOneHot;
    part.choices = {space.attr("n").cast<int64_t>()};
    part.starts = WholeNumbers(py::getattr(space, "start", py::int_(0)), 1);
    return part;
  }
  if (kind != "Box" && kind != "MultiDiscrete" && kind != "MultiBinary") {
    return Unsupported(space, "");
  }
  absl::StatusOr<ArrayType> type = ArrayTypeOf(space);
  if (!type.ok()) return Unsupported(space, absl::StrCat("not ", type.status().message(), ": "));
  part.type = *std::move(type);
  if (part.type.elements() == 0) return Unsupported(space, "it is empty: ");
  if (kind == "Box") part.kind = IsImage(part.type) ? Part::Kind::kImage : Part::Kind::kArray;
  if (kind == "MultiDiscrete") {
    part.kind = Part::Kind::kOneHots;
    const int64_t n = part.type.elements();
    part.choices = WholeNumbers(space.attr("nvec"), n);
    part.starts = WholeNumbers(py::getattr(space, "start", py::int_(0)), n);
  }
  return part;
}

absl::StatusOr<ObservationSpace> ObservationSpace::Make(py::handle space) {
  ObservationSpace made;
  const std::string kind = KindOfSpace(space);
  if (kind != "Dict" && kind != "Tuple") {
    NYALA_ASSIGN_OR_RETURN(Part part, MakePart(space));
    made.Describe(part, space);
    made.parts_.push_back(std::move(part));
    return made;
  }
  const py::object entries =
      kind == "Dict" ? space.attr("spaces").attr("items")()
                     : py::module_::import("builtins").attr("enumerate")(space.attr("spaces"));
  int64_t elements = 0;
  for (const py::handle entry : entries) {
    const auto [key, inner] = entry.cast<std::pair<py::object, py::object>>();
    NYALA_ASSIGN_OR_RETURN(Part part, MakePart(inner));
    part.key = key;
    if (part.kind == Part::Kind::kImage) part.kind = Part::Kind::kArray;
    elements += part.elements();
    made.parts_.push_back(std::move(part));
  }
  if (elements == 0) return Unsupported(space, "it is empty: ");
  made.spec_.shape = {elements};
  return made;
}

void ObservationSpace::Describe(const Part& only, py::handle space) {
  spec_.shape = only.choices.empty() ? only.type.shape : std::vector<int64_t>{only.elements()};
  if (only.type.element != ElementType::kUint8 || !only.choices.empty()) return;
  spec_.dtype = DType::kUint8;
  if (only.kind == Part::Kind::kImage) {
    std::rotate(spec_.shape.begin(), spec_.shape.begin() + 2, spec_.shape.end());
  }
  // Bytes that are never more than 1, as in binary images, stay 0 and 1.
  const auto greatest = space.attr("high").attr("max")().cast<double>();
  spec_.byte_scale = greatest > 0 ? 1.0 / greatest : 1.0;
}

absl::Status ObservationSpace::ReadPart(const Part& part, py::handle value, float* to) {
  if (part.kind == Part::Kind::kArray) return CopyArray(value, part.type, to);
  if (part.kind == Part::Kind::kOneHot) {
    return ReadDiscrete(value, part.starts[0], part.choices[0], to);
  }
  std::vector<int64_t> numbers(part.choices.size());
  NYALA_RETURN_IF_ERROR(CopyArray(value, part.type, numbers.data()));
  for (size_t i = 0; i < numbers.size(); ++i) {
    NYALA_RETURN_IF_ERROR(WriteOneHot(numbers[i], part.starts[i], part.choices[i], to));
    to += part.choices[i];
  }
  return absl::OkStatus();
}

absl::Status ObservationSpace::Read(py::handle observation, void* to) const {
  if (spec_.dtype == DType::kUint8) {
    auto* const bytes = static_cast<uint8_t*>(to);
    return parts_[0].kind == Part::Kind::kImage ? CopyImage(observation, parts_[0].type, bytes)
                                                : CopyArray(observation, parts_[0].type, bytes);
  }
  auto* floats = static_cast<float*>(to);
  for (const Part& part : parts_) {
    const py::object value = part.key ? py::object(observation[part.key])
                                      : py::reinterpret_borrow<py::object>(observation);
    NYALA_RETURN_IF_ERROR(ReadPart(part, value, floats));
    floats += part.elements();
  }
  return absl::OkStatus();
}

}  // namespace nyala
