// The games of the Arcade Learning Environment by the names of their environments, "ALE/Pong-v5",
// and where their ROMs are.
//
// A ROM is the file that the argument rom names, or GAME.bin ("space_invaders.bin") in the folder
// that the environment variable NYALA_ROMS names, or else ALE_ROMS_DIR. Threads: any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actor/environment.h"
#include "actor/environment_id.h"

namespace nyala {

// "SpaceInvaders" for "space_invaders", as Gymnasium names environments.
std::string AtariNameOf(absl::string_view game);

// "space_invaders" for "SpaceInvaders-v5". NotFound, with the nearest name, when there is no such
// game.
absl::StatusOr<std::string> AtariGameOf(const std::string& name);

// The value of an environment variable, or null.
using GetVariable = std::function<const char*(const char* name)>;

// Where a game's ROM is. NotFound says where it was looked for and what to do.
absl::StatusOr<std::string> FindAtariRom(const std::string& game, const GetVariable& variable);

// The environment of an id of the family "ALE/". One line says which of game, library and ROM is
// missing, and what to do.
absl::StatusOr<std::unique_ptr<Environment>> MakeAtariGame(const EnvironmentId& id);

}  // namespace nyala
