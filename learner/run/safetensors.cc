#include "learner/run/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"

namespace nyala {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr size_t kAlignment = 8;
// The reference implementation's limit.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr char kMetadata[] = "__metadata__";

static_assert(sizeof(float) == 4 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "floats are copied as they lie in memory");

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("not a valid safetensors file: ", why));
}

// A header entry, and where its data begin and end.
struct Entry {
  NamedTensor tensor;
  uint64_t begin = 0;
  uint64_t end = 0;
};

bool ReadUnsigned(const Json& value, uint64_t* out) {
  if (!value.is_number_unsigned()) return false;
  *out = value.get<uint64_t>();
  return true;
}

// Elements of `shape`, or nothing when its bytes would not fit 63 bits.
bool CountElements(const std::vector<int64_t>& shape, uint64_t* elements) {
  *elements = 1;
  for (const int64_t size : shape) {
    if (__builtin_mul_overflow(*elements, static_cast<uint64_t>(size), elements)) return false;
  }
  return *elements <= std::numeric_limits<int64_t>::max() / sizeof(float);
}

absl::StatusOr<Entry> ParseEntry(const std::string& name, const Json& json) {
  const auto error = [&name](absl::string_view why) {
    return Malformed(absl::StrCat("tensor '", name, "' ", why));
  };
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets")) {
    return error("must have exactly dtype, shape and data_offsets");
  }
  if (!json["dtype"].is_string()) return error("has a dtype that is no string");
  const std::string dtype = json["dtype"].get<std::string>();
  if (dtype != "F32") return error(absl::StrCat("has dtype ", dtype, "; only F32 is read"));

  Entry entry;
  entry.tensor.name = name;
  if (!json["shape"].is_array()) return error("has a shape that is no list");
  for (const Json& item : json["shape"]) {
    uint64_t size = 0;
    if (!ReadUnsigned(item, &size) || size > std::numeric_limits<int64_t>::max()) {
      return error("has a size that is no natural number");
    }
    entry.tensor.shape.push_back(static_cast<int64_t>(size));
  }
  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !ReadUnsigned(offsets[0], &entry.begin) ||
      !ReadUnsigned(offsets[1], &entry.end) || entry.begin > entry.end) {
    return error("has data_offsets that are not [begin, end]");
  }
  uint64_t elements = 0;
  if (!CountElements(entry.tensor.shape, &elements)) return error("has a shape that overflows");
  if (entry.end - entry.begin != elements * sizeof(float)) {
    return error("has data_offsets that do not fit its shape");
  }
  return entry;
}

// JSON lets a later key replace an earlier one silently; the format forbids both.
class DuplicateKeys {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys_[depth + 1].clear();
    if (event == Json::parse_event_t::key && !keys_[depth].insert(parsed).second) found_ = true;
    return true;
  }
  bool found() const { return found_; }

 private:
  std::map<int, std::set<std::string>> keys_;
  bool found_ = false;
};

absl::StatusOr<Json> ParseHeader(absl::string_view text) {
  if (text.empty() || text.front() != '{') return Malformed("the header does not begin with '{'");
  // The parser would take it for the end of the text.
  if (absl::StrContains(text, '\0')) return Malformed("the header has a zero byte");
  DuplicateKeys duplicates;
  Json header = Json::parse(text.begin(), text.end(), std::ref(duplicates), false);
  if (header.is_discarded() || !header.is_object()) return Malformed("the header is not JSON");
  if (duplicates.found()) return Malformed("the header has a key twice");
  return header;
}

absl::Status ParseMetadata(const Json& json, std::map<std::string, std::string>* metadata) {
  if (!json.is_object()) return Malformed("__metadata__ is no object");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return Malformed("__metadata__ has a value that is no string");
    (*metadata)[key] = value.get<std::string>();
  }
  return absl::OkStatus();
}

absl::Status CopyData(std::vector<Entry> entries, absl::string_view data, Safetensors* result) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::make_pair(a.begin, a.end) < std::make_pair(b.begin, b.end);
  });
  uint64_t end = 0;
  for (Entry& entry : entries) {
    NamedTensor& tensor = entry.tensor;
    if (entry.begin != end) {
      return Malformed(absl::StrCat("the data of tensor '", tensor.name,
                                    "' overlap or leave a hole before them"));
    }
    end = entry.end;
    if (end > data.size()) {
      return Malformed(absl::StrCat("the data of tensor '", tensor.name, "' end beyond the file"));
    }
    tensor.values.resize((entry.end - entry.begin) / sizeof(float));
    if (!tensor.values.empty()) {
      std::memcpy(tensor.values.data(), data.data() + entry.begin, entry.end - entry.begin);
    }
    result->tensors.push_back(std::move(tensor));
  }
  if (end != data.size()) return Malformed("there are data that belong to no tensor");
  return absl::OkStatus();
}

// All that comes before the values.
std::string EncodeHeader(absl::Span<const NamedTensor> tensors,
                         const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  uint64_t end = 0;
  for (const NamedTensor& tensor : tensors) {
    uint64_t elements = 0;
    NYALA_CHECK(CountElements(tensor.shape, &elements) && elements == tensor.values.size(),
                "a tensor's shape does not fit its values");
    NYALA_CHECK(tensor.name != kMetadata && !header.contains(tensor.name),
                "a tensor's name is reserved or taken");
    const uint64_t begin = std::exchange(end, end + elements * sizeof(float));
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');

  const uint64_t length = text.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(&bytes[0], &length, kLengthBytes);
  return bytes + text;
}

}  // namespace

std::string EncodeSafetensors(absl::Span<const NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata) {
  // A sink into memory does not fail.
  return *Collect([&](const ByteSink& sink) { return WriteSafetensors(tensors, metadata, sink); });
}

absl::Status WriteSafetensors(absl::Span<const NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata,
                              const ByteSink& sink) {
  NYALA_RETURN_IF_ERROR(sink(EncodeHeader(tensors, metadata)));
  for (const NamedTensor& tensor : tensors) {
    NYALA_RETURN_IF_ERROR(
        sink(absl::string_view(reinterpret_cast<const char*>(tensor.values.data()),
                               tensor.values.size() * sizeof(float))));
  }
  return absl::OkStatus();
}

absl::StatusOr<Safetensors> DecodeSafetensors(absl::string_view bytes) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes) return Malformed("it is shorter than the header's length");
  std::memcpy(&length, bytes.data(), kLengthBytes);
  bytes.remove_prefix(kLengthBytes);
  if (length > kMaxHeaderBytes) return Malformed("the header is too large");
  if (length > bytes.size()) return Malformed("the header ends beyond the file");
  NYALA_ASSIGN_OR_RETURN(const Json header, ParseHeader(bytes.substr(0, length)));

  Safetensors result;
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == kMetadata) {
      NYALA_RETURN_IF_ERROR(ParseMetadata(json, &result.metadata));
      continue;
    }
    NYALA_ASSIGN_OR_RETURN(Entry entry, ParseEntry(name, json));
    entries.push_back(std::move(entry));
  }
  NYALA_RETURN_IF_ERROR(CopyData(std::move(entries), bytes.substr(length), &result));
  return result;
}

}  // namespace nyala
