// The safetensors format (github.com/huggingface/safetensors), float32 tensors only: eight bytes of
// header length, a JSON header, raw little-endian data. Readable from Python without this project.
//
// Bytes in, bytes out: files are read and written by common/system/file.h. Threads: any. Blocking:
// none, but for what a sink does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/system/file.h"

namespace nyala {

struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;  // empty for a scalar
  std::vector<float> values;   // row-major, the product of `shape`
};

struct Safetensors {
  std::vector<NamedTensor> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
};

// Names must be distinct, UTF-8 and not "__metadata__", shapes must fit the values.
std::string EncodeSafetensors(absl::Span<const NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata = {});
// The same, given to `sink` without a copy of the values. Fails only where the sink does.
absl::Status WriteSafetensors(absl::Span<const NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata,
                              const ByteSink& sink);

// InvalidArgument says what is wrong: any header that is not exactly of the format, data that
// overlap, leave holes or do not end with the file, dtypes other than F32.
absl::StatusOr<Safetensors> DecodeSafetensors(absl::string_view bytes);

}  // namespace nyala
