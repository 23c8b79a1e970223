// Saved state as bytes: plain values one after the other, in the machine's own byte order.
//
// Who reads checks everything: saved bytes come back over the wire. Values; no threads.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace nyala {

template <typename T>
void AppendValue(const T& value, std::string* state) {
  static_assert(std::is_trivially_copyable_v<T>);
  state->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Preceded by its length.
inline void AppendBytes(absl::string_view bytes, std::string* state) {
  AppendValue<uint64_t>(bytes.size(), state);
  state->append(bytes.data(), bytes.size());
}

// Every read returns false, and leaves its target alone, when the bytes end too early.
class StateReader {
 public:
  explicit StateReader(absl::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  bool Read(T* value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes_.size() < sizeof(T)) return false;
    std::memcpy(value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return true;
  }

  // What AppendBytes wrote; borrowed from the reader's bytes.
  bool ReadBytes(absl::string_view* bytes) {
    uint64_t size = 0;
    if (!Read(&size) || bytes_.size() < size) return false;
    *bytes = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return true;
  }

  // Whether everything was read.
  bool at_end() const { return bytes_.empty(); }

 private:
  absl::string_view bytes_;
};

}  // namespace nyala
