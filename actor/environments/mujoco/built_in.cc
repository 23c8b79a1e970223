#include "actor/environments/mujoco/built_in.h"

#include "absl/strings/strip.h"

namespace nyala {

extern const EmbeddedFile kMujocoFiles[];
extern const int kMujocoFilesCount;

const EmbeddedFile* FindMujocoFile(absl::string_view name) {
  for (int i = 0; i < kMujocoFilesCount; ++i) {
    if (name == kMujocoFiles[i].name) return &kMujocoFiles[i];
  }
  return nullptr;
}

std::vector<std::string> BuiltInMujocoTasks() {
  std::vector<std::string> names;
  for (int i = 0; i < kMujocoFilesCount; ++i) {
    absl::string_view name = kMujocoFiles[i].name;
    if (absl::ConsumeSuffix(&name, ".textproto")) names.emplace_back(name);
  }
  return names;
}

}  // namespace nyala
