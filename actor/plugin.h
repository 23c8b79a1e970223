// Plug-in: a shared library that brings environments, for `nyala ... --plugin=libmine.so`.
//
//   #include "actor/plugin.h"
//   NYALA_PLUGIN(registry) {
//     registry.Register("Mine-v0", [] { return std::make_unique<Mine>(); });
//   }
//
// deploy/plugin_template builds one against the installed package; `nyala_plugin(mine mine.cc)` of
// that package compiles it. It links to nothing of Nyala's: what it uses is the code of the running
// program (common/base, common/rl without LibTorch, and actor's environments and canvas), which
// therefore has each registry once.
// An actor takes from a learner what a plug-in registers without arguments; ids with arguments, and
// families, need its --allow, unless they are registered with Reach::Nothing() (actor/reach.h).
// The mark, plain bytes, is compared before any of the library's code of this project is called.
// A library stays loaded until the process ends. Its entry is called once, on one thread, before
// the first environment is made.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "actor/canvas.h"
#include "actor/environment.h"
#include "actor/environment_registry.h"
#include "common/rl/specs.h"

#ifndef NYALA_VERSION
#error "compile plug-ins with nyala_plugin(NAME SOURCES...) of find_package(nyala)"
#endif

namespace nyala {

// What library and program must have alike to understand each other's objects.
struct PluginMark {
  uint32_t interface;
  uint32_t cxx_abi;
  uint32_t string_bytes, status_bytes, environment_bytes, spec_bytes, result_bytes, id_bytes,
      registry_bytes, canvas_bytes;
  char version[32];
};

// Up by one when a virtual function or a meaning changes and no size of the mark does.
inline constexpr uint32_t kPluginInterface = 2;

inline constexpr PluginMark kPluginMark = {
    kPluginInterface,
    __GXX_ABI_VERSION,
    sizeof(std::string),
    sizeof(absl::StatusOr<std::string>),
    sizeof(Environment),
    sizeof(EnvSpec),
    sizeof(StepResult),
    sizeof(EnvironmentId),
    sizeof(EnvironmentRegistry),
    sizeof(Canvas),
    NYALA_VERSION,
};

}  // namespace nyala

#define NYALA_PLUGIN_EXPORT __attribute__((visibility("default")))

// Defines the library's mark and its entry, whose body follows. Once in a library.
#define NYALA_PLUGIN(registry)                                                                 \
  static void NyalaRegisterPlugin(::nyala::EnvironmentRegistry& registry);                     \
  extern "C" {                                                                                 \
  NYALA_PLUGIN_EXPORT extern const ::nyala::PluginMark nyala_plugin_mark;                      \
  const ::nyala::PluginMark nyala_plugin_mark = ::nyala::kPluginMark;                          \
  NYALA_PLUGIN_EXPORT void nyala_plugin_register(::nyala::EnvironmentRegistry& environments) { \
    NyalaRegisterPlugin(environments);                                                         \
  }                                                                                            \
  }                                                                                            \
  static void NyalaRegisterPlugin(::nyala::EnvironmentRegistry& registry)
