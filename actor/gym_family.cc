#include "actor/gym_family.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actor/plugin_loader.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr char kFamily[] = "gym:";
constexpr char kLibrary[] = "libnyala_gym.so";

std::vector<std::string> Folders() {
  const char* const named = std::getenv("NYALA_LIBRARY_PATH");
  if (named != nullptr && *named != '\0') return {named};
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path here = program.parent_path();
  return {here.string(), (here.parent_path() / NYALA_LIBDIR / "nyala").string()};
}

// The families of the library; never freed, as the library never is.
absl::StatusOr<const EnvironmentRegistry*> LoadGym() {
  const std::vector<std::string> folders = Folders();
  for (const std::string& folder : folders) {
    const std::string path = JoinPath(folder, kLibrary);
    if (!PathExists(path)) continue;
    auto* const registry = new EnvironmentRegistry;
    NYALA_RETURN_IF_ERROR(LoadPlugin(path, *registry));
    return registry;
  }
  return absl::NotFoundError(absl::StrCat(
      "there is no ", kLibrary, " in ", absl::StrJoin(folders, " or "),
      ": it is built where python3-dev, python3-numpy and pybind11-dev are installed"));
}

EnvironmentRegistry::Result MakeGym(const EnvironmentId& id) {
  static const auto* const gym = new absl::StatusOr<const EnvironmentRegistry*>(LoadGym());
  if (gym->ok()) return (**gym)->Create(id.text);
  return OfEnvironment(id, gym->status());
}

}  // namespace

void RegisterGymFamily(EnvironmentRegistry& registry) {
  registry.RegisterFamily(
      kFamily, "MODULE:ID, any Gymnasium environment in Python, as gym:ale_py:ALE/Pong-v5", MakeGym,
      Reach::Always("imports a Python module", {}));
}

std::string DrawnId(const std::string& id) {
  const absl::StatusOr<EnvironmentId> parsed = ParseEnvironmentId(id);
  const bool asks =
      parsed.ok() && parsed->name == kFamily && !parsed->arguments.count("render_mode");
  return asks ? id + ",render_mode=rgb_array" : id;
}

}  // namespace nyala
