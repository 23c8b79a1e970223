#include "common/config/embedded.h"

namespace nyala {

const EmbeddedFile* FindEmbeddedFile(absl::string_view name) {
  for (int i = 0; i < kEmbeddedFilesCount; ++i) {
    if (name == kEmbeddedFiles[i].name) return &kEmbeddedFiles[i];
  }
  return nullptr;
}

}  // namespace nyala
