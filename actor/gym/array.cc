#include "actor/gym/array.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actor/gym/python.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace py = pybind11;

namespace nyala {
namespace {

struct Known {
  ElementType element;
  const char* name;
  // The letters that a buffer's format may have for it.
  const char* formats;
  int64_t bytes;
};

constexpr Known kKnown[] = {
    {ElementType::kBool, "bool", "?", 1},       {ElementType::kInt8, "int8", "b", 1},
    {ElementType::kInt16, "int16", "h", 2},     {ElementType::kInt32, "int32", "i", 4},
    {ElementType::kInt64, "int64", "lq", 8},    {ElementType::kUint8, "uint8", "B", 1},
    {ElementType::kUint16, "uint16", "H", 2},   {ElementType::kUint32, "uint32", "I", 4},
    {ElementType::kUint64, "uint64", "LQ", 8},  {ElementType::kFloat32, "float32", "f", 4},
    {ElementType::kFloat64, "float64", "d", 8},
};

const Known& Of(ElementType element) {
  for (const Known& known : kKnown) {
    if (known.element == element) return known;
  }
  NYALA_CHECK(false, "an element type that is in the table");
  return kKnown[0];
}

std::string ShapeName(const std::vector<int64_t>& shape) {
  return absl::StrCat("(", absl::StrJoin(shape, ", "), shape.size() == 1 ? ",)" : ")");
}

// A buffer that is given back at the end of the scope.
class Buffer {
 public:
  Buffer(py::handle array, int flags) : held_(PyObject_GetBuffer(array.ptr(), &view_, flags) == 0) {
    if (!held_) PyErr_Clear();
  }
  ~Buffer() {
    if (held_) PyBuffer_Release(&view_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  bool Is(const ArrayType& type) const {
    return held_ && view_.format != nullptr && view_.format[0] != '\0' && view_.format[1] == '\0' &&
           std::strchr(Of(type.element).formats, view_.format[0]) != nullptr &&
           view_.ndim == static_cast<int>(type.shape.size()) &&
           std::equal(type.shape.begin(), type.shape.end(), view_.shape);
  }
  Py_buffer& view() { return view_; }

 private:
  Py_buffer view_;
  const bool held_;
};

absl::Status Refuse(py::handle array, const ArrayType& type) {
  std::string is = absl::StrCat("a ", Py_TYPE(array.ptr())->tp_name);
  if (py::hasattr(array, "dtype") && py::hasattr(array, "shape")) {
    is = absl::StrCat(OneLine(array.attr("dtype")), " of shape ", OneLine(array.attr("shape")));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("its space says ", type.Name(), ", but it is ", is));
}

template <typename From, typename To>
void Convert(const void* from, int64_t n, To* to) {
  const auto* const values = static_cast<const From*>(from);
  if constexpr (std::is_same_v<From, To>) {
    std::memcpy(to, values, static_cast<size_t>(n) * sizeof(To));
  } else {
    for (int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(values[i]);
  }
}

// Calls `visit` with a value of the element's C++ type.
template <typename Visit>
void WithType(ElementType element, const Visit& visit) {
  switch (element) {
    case ElementType::kBool:
    case ElementType::kUint8:
      return visit(uint8_t{});
    case ElementType::kInt8:
      return visit(int8_t{});
    case ElementType::kInt16:
      return visit(int16_t{});
    case ElementType::kInt32:
      return visit(int32_t{});
    case ElementType::kInt64:
      return visit(int64_t{});
    case ElementType::kUint16:
      return visit(uint16_t{});
    case ElementType::kUint32:
      return visit(uint32_t{});
    case ElementType::kUint64:
      return visit(uint64_t{});
    case ElementType::kFloat32:
      return visit(float{});
    case ElementType::kFloat64:
      return visit(double{});
  }
}

// Calls `use` with the elements in C order.
template <typename Use>
absl::Status Read(py::handle array, const ArrayType& type, const Use& use) {
  Buffer buffer(array, PyBUF_STRIDES | PyBUF_FORMAT);
  if (!buffer.Is(type)) return Refuse(array, type);
  Py_buffer& view = buffer.view();
  if (PyBuffer_IsContiguous(&view, 'C') != 0) {
    use(view.buf);
    return absl::OkStatus();
  }
  std::vector<char> ordered(static_cast<size_t>(view.len));
  if (PyBuffer_ToContiguous(ordered.data(), &view, view.len, 'C') != 0) {
    throw py::error_already_set();
  }
  use(ordered.data());
  return absl::OkStatus();
}

template <typename To>
absl::Status Copy(py::handle array, const ArrayType& type, To* to) {
  return Read(array, type, [&](const void* from) {
    WithType(type.element,
             [&](auto value) { Convert<decltype(value), To>(from, type.elements(), to); });
  });
}

template <typename From>
void Fill(py::handle array, const ArrayType& type, const From* from) {
  Buffer buffer(array, PyBUF_WRITABLE | PyBUF_ND | PyBUF_FORMAT);
  NYALA_CHECK(buffer.Is(type), "an array that was made for this");
  WithType(type.element, [&](auto value) {
    Convert<From, decltype(value)>(from, type.elements(),
                                   static_cast<decltype(value)*>(buffer.view().buf));
  });
}

template <typename T>
std::vector<T> Flat(py::handle value, int64_t n) {
  const py::object array = py::module_::import("numpy").attr("ravel")(value);
  auto values = array.attr("tolist")().cast<std::vector<T>>();
  if (values.size() == 1) values.resize(static_cast<size_t>(n), values[0]);
  return values;
}

}  // namespace

int64_t ArrayType::elements() const {
  int64_t product = 1;
  for (const int64_t size : shape) product *= size;
  return product;
}

std::string ArrayType::Name() const {
  return absl::StrCat(Of(element).name, " of shape ", ShapeName(shape));
}

absl::StatusOr<ArrayType> ArrayTypeOf(py::handle space) {
  ArrayType type;
  for (const py::handle size : space.attr("shape")) type.shape.push_back(size.cast<int64_t>());
  const py::object numpy = py::module_::import("numpy");
  const std::string dtype = OneLine(numpy.attr("dtype")(space.attr("dtype")));
  for (const Known& known : kKnown) {
    if (dtype != known.name) continue;
    type.element = known.element;
    return type;
  }
  return absl::InvalidArgumentError(absl::StrCat("elements of type ", dtype));
}

std::vector<int64_t> WholeNumbers(py::handle value, int64_t n) { return Flat<int64_t>(value, n); }
std::vector<double> Numbers(py::handle value, int64_t n) { return Flat<double>(value, n); }

absl::Status CopyArray(py::handle array, const ArrayType& type, float* to) {
  return Copy(array, type, to);
}
absl::Status CopyArray(py::handle array, const ArrayType& type, int64_t* to) {
  return Copy(array, type, to);
}
absl::Status CopyArray(py::handle array, const ArrayType& type, uint8_t* to) {
  return Copy(array, type, to);
}

absl::Status CopyImage(py::handle array, const ArrayType& type, uint8_t* to) {
  const int64_t pixels = type.shape[0] * type.shape[1], C = type.shape[2];
  return Read(array, type, [&](const void* from) {
    const auto* const values = static_cast<const uint8_t*>(from);
    for (int64_t c = 0; c < C; ++c) {
      for (int64_t i = 0; i < pixels; ++i) to[c * pixels + i] = values[i * C + c];
    }
  });
}

void FillArray(py::handle array, const ArrayType& type, const float* from) {
  Fill(array, type, from);
}
void FillArray(py::handle array, const ArrayType& type, const int64_t* from) {
  Fill(array, type, from);
}

}  // namespace nyala
