// Files that the build puts into the binary (cmake/EmbedFiles.cmake); of this folder's own the
// presets, and the descriptor of run_config.proto with its comments. Constant data; any thread.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace nyala {

struct EmbeddedFile {
  const char* name;
  const unsigned char* data;
  size_t size;

  absl::string_view contents() const {
    return absl::string_view(reinterpret_cast<const char*>(data), size);
  }
};

extern const EmbeddedFile kEmbeddedFiles[];
extern const int kEmbeddedFilesCount;

// Nullptr when there is no such file.
const EmbeddedFile* FindEmbeddedFile(absl::string_view name);

}  // namespace nyala
