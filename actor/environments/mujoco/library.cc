#include "actor/environments/mujoco/library.h"

#include <dlfcn.h>

#include <csetjmp>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

// Where MuJoCo's errors go to, and what the last one said.
thread_local std::jmp_buf* landing = nullptr;
thread_local char message[1024];

// MuJoCo takes it for granted that this does not return.
void OnError(const char* what) {
  std::snprintf(message, sizeof(message), "%s", what);
  if (landing != nullptr) std::longjmp(*landing, 1);
  std::fprintf(stderr, "nyala: MuJoCo: %s\n", what);
  std::abort();
}

// Its own writes a file into the working folder. What matters is counted in mjData.warning.
void OnWarning(const char*) {}

absl::StatusOr<void*> Open() {
  // As it was found by the build, else as the loader finds it on this machine.
  constexpr absl::string_view kPath = NYALA_MUJOCO_LIBRARY;
  for (const absl::string_view name : {kPath, kPath.substr(kPath.rfind('/') + 1)}) {
    void* const library = dlopen(std::string(name).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) return library;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("cannot load MuJoCo: ", dlerror(), "; install libmujoco-dev"));
}

absl::Status NoSymbol(const char* name) {
  return absl::FailedPreconditionError(
      absl::StrCat(NYALA_MUJOCO_LIBRARY, " has no ", name, "; install libmujoco-dev"));
}

absl::StatusOr<const MujocoLibrary*> Load() {
  NYALA_ASSIGN_OR_RETURN(void* const library, Open());
  static MujocoLibrary functions;
#define NYALA_LOOK_UP(name)                                                           \
  functions.name = reinterpret_cast<decltype(functions.name)>(dlsym(library, #name)); \
  if (functions.name == nullptr) return NoSymbol(#name);
  NYALA_MUJOCO_FUNCTIONS(NYALA_LOOK_UP)
#undef NYALA_LOOK_UP
  if (functions.mj_version() != mjVERSION_HEADER) {
    return absl::FailedPreconditionError(
        absl::StrCat(NYALA_MUJOCO_LIBRARY, " is MuJoCo ", functions.mj_version(),
                     ", but this was compiled for ", mjVERSION_HEADER, "; build again"));
  }
  using Handler = void (*)(const char*);
  auto* const on_error = static_cast<Handler*>(dlsym(library, "mju_user_error"));
  auto* const on_warning = static_cast<Handler*>(dlsym(library, "mju_user_warning"));
  if (on_error == nullptr || on_warning == nullptr) return NoSymbol("mju_user_error");
  *on_error = OnError;
  *on_warning = OnWarning;
  return &functions;
}

}  // namespace

absl::StatusOr<const MujocoLibrary*> MujocoLibrary::Get() {
  static const auto* const library = new absl::StatusOr<const MujocoLibrary*>(Load());
  return *library;
}

absl::Status CallMujoco(absl::FunctionRef<void()> body) {
  std::jmp_buf here;
  std::jmp_buf* const outer = landing;
  if (setjmp(here) != 0) {
    landing = outer;
    return absl::InternalError(absl::StrCat("MuJoCo: ", message));
  }
  landing = &here;
  body();
  landing = outer;
  return absl::OkStatus();
}

}  // namespace nyala
