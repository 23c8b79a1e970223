#include "actor/plugin_loader.h"

#include <dlfcn.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "actor/plugin.h"
#include "actor/vector_env.h"
#include "common/base/exception_text.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"

namespace nyala {
namespace {

struct CloseLibrary {
  void operator()(void* library) const { dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

std::string Name(const std::string& path) { return absl::StrCat("plug-in ", path); }

absl::StatusOr<Library> Open(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return FileError("read", Name(path));
  char magic[4] = {};
  stream.read(magic, sizeof(magic));
  if (std::memcmp(magic, "\177ELF", sizeof(magic)) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(Name(path), " is not a shared library"));
  }
  // A bare name would be looked for where the system's libraries are.
  const std::string file = absl::StrContains(path, '/') ? path : absl::StrCat("./", path);
  Library library(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (library != nullptr) return library;
  const std::string why = dlerror();
  return absl::FailedPreconditionError(
      absl::StrCat(Name(path), " cannot be loaded: ", absl::StripPrefix(why, file + ": "),
                   "; build it with nyala_plugin(...) of this installation's find_package(nyala)"));
}

absl::Status CheckMark(const std::string& path, const PluginMark& mark) {
  if (std::memcmp(&mark, &kPluginMark, sizeof(mark)) == 0) return absl::OkStatus();
  const std::string version(mark.version, strnlen(mark.version, sizeof(mark.version)));
  const std::string built =
      version == NYALA_VERSION ? "with other headers or another compiler" : "for nyala " + version;
  return absl::FailedPreconditionError(absl::StrCat(Name(path), " was built ", built, ", this is ",
                                                    "nyala " NYALA_VERSION ": build it again"));
}

using Entry = void (*)(EnvironmentRegistry&);

absl::StatusOr<Entry> EntryOf(const std::string& path, void* library) {
  const void* const mark = dlsym(library, "nyala_plugin_mark");
  void* const entry = dlsym(library, "nyala_plugin_register");
  if (mark == nullptr || entry == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        Name(path), " has no NYALA_PLUGIN(registry) { ... }: actor/plugin.h shows how"));
  }
  NYALA_RETURN_IF_ERROR(CheckMark(path, *static_cast<const PluginMark*>(mark)));
  return reinterpret_cast<Entry>(entry);
}

absl::Status Register(Entry entry, EnvironmentRegistry& registry) {
  // Apart first, so that a name that is taken is found before anything is added.
  EnvironmentRegistry mine;
  try {
    entry(mine);
  } catch (...) {
    return absl::InternalError(ExceptionText());
  }
  for (const auto& family : mine.families()) {
    if (VectorEnvs().Contains(family.first)) {
      return absl::AlreadyExistsError(
          absl::StrCat("environment '", family.first, "' exists already"));
    }
  }
  return registry.Add(std::move(mine));
}

}  // namespace

absl::Status LoadPlugin(const std::string& path, EnvironmentRegistry& registry) {
  absl::StatusOr<Library> library = Open(path);
  if (!library.ok()) return library.status();
  NYALA_ASSIGN_OR_RETURN(const Entry entry, EntryOf(path, library->get()));
  // From here on something may point into it: it stays.
  (void)library->release();
  const absl::Status status = Register(entry, registry);
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(Name(path), ": ", status.message()));
}

}  // namespace nyala
