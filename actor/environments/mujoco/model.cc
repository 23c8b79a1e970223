#include "actor/environments/mujoco/model.h"

#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "actor/environments/mujoco/built_in.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"

namespace nyala {
namespace {

// Model in `file`, or in what the virtual files hold under that name.
absl::StatusOr<mjModel*> LoadXml(const MujocoLibrary& mujoco, const std::string& file,
                                 const mjVFS* files) {
  char error[1000] = "";
  mjModel* model = nullptr;
  NYALA_RETURN_IF_ERROR(
      CallMujoco([&] { model = mujoco.mj_loadXML(file.c_str(), files, error, sizeof(error)); }));
  if (model != nullptr) return model;
  const std::string said = absl::StrReplaceAll(absl::StripAsciiWhitespace(error), {{"\n", "; "}});
  return absl::InvalidArgumentError(
      absl::StrCat(file, " is no model that MuJoCo can read: ", said));
}

absl::StatusOr<mjModel*> LoadBuiltIn(const MujocoLibrary& mujoco, const std::string& name) {
  const absl::string_view text = FindMujocoFile(name)->contents();
  // Two megabytes: not on the stack.
  const auto files = std::make_unique<mjVFS>();
  mujoco.mj_defaultVFS(files.get());
  if (mujoco.mj_makeEmptyFileVFS(files.get(), name.c_str(), static_cast<int>(text.size())) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", name));
  }
  std::memcpy(files->filedata[0], text.data(), text.size());
  absl::StatusOr<mjModel*> model = LoadXml(mujoco, name, files.get());
  mujoco.mj_deleteVFS(files.get());
  return model;
}

absl::StatusOr<mjModel*> LoadFile(const MujocoLibrary& mujoco, const std::string& path) {
  // For the system's reason when it cannot be read.
  NYALA_RETURN_IF_ERROR(ReadFile(path).status());
  return LoadXml(mujoco, path, nullptr);
}

}  // namespace

absl::StatusOr<MujocoModel> LoadMujocoModel(const std::string& path, bool built_in) {
  NYALA_ASSIGN_OR_RETURN(const MujocoLibrary* const mujoco, MujocoLibrary::Get());
  // MuJoCo reads one model at a time.
  static auto* const mutex = new Mutex;
  static auto* const loaded =
      new std::map<std::pair<bool, std::string>, std::weak_ptr<const mjModel>>;
  MutexLock lock(*mutex);
  std::weak_ptr<const mjModel>& shared = (*loaded)[{built_in, path}];
  if (MujocoModel model = shared.lock()) return model;
  NYALA_ASSIGN_OR_RETURN(mjModel* const model,
                         built_in ? LoadBuiltIn(*mujoco, path) : LoadFile(*mujoco, path));
  const MujocoModel owned(
      model, [mujoco](const mjModel* gone) { mujoco->mj_deleteModel(const_cast<mjModel*>(gone)); });
  shared = owned;
  return owned;
}

}  // namespace nyala
