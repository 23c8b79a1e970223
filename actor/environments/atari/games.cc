#include "actor/environments/atari/games.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actor/environments/atari/atari.h"
#include "actor/environments/atari/emulator.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr char kVersion[] = "-v5";

// Those that the library plays with one player, by the names of their ROMs.
constexpr const char* kGames[] = {
    "adventure",
    "air_raid",
    "alien",
    "amidar",
    "assault",
    "asterix",
    "asteroids",
    "atlantis",
    "atlantis2",
    "backgammon",
    "bank_heist",
    "basic_math",
    "battle_zone",
    "beam_rider",
    "berzerk",
    "blackjack",
    "bowling",
    "boxing",
    "breakout",
    "carnival",
    "casino",
    "centipede",
    "chopper_command",
    "crazy_climber",
    "crossbow",
    "darkchambers",
    "defender",
    "demon_attack",
    "donkey_kong",
    "double_dunk",
    "earthworld",
    "elevator_action",
    "enduro",
    "entombed",
    "et",
    "fishing_derby",
    "flag_capture",
    "freeway",
    "frogger",
    "frostbite",
    "galaxian",
    "gopher",
    "gravitar",
    "hangman",
    "haunted_house",
    "hero",
    "human_cannonball",
    "ice_hockey",
    "jamesbond",
    "journey_escape",
    "kaboom",
    "kangaroo",
    "keystone_kapers",
    "king_kong",
    "klax",
    "koolaid",
    "krull",
    "kung_fu_master",
    "laser_gates",
    "lost_luggage",
    "mario_bros",
    "miniature_golf",
    "montezuma_revenge",
    "mr_do",
    "ms_pacman",
    "name_this_game",
    "othello",
    "pacman",
    "phoenix",
    "pitfall",
    "pitfall2",
    "pong",
    "pooyan",
    "private_eye",
    "qbert",
    "riverraid",
    "road_runner",
    "robotank",
    "seaquest",
    "sir_lancelot",
    "skiing",
    "solaris",
    "space_invaders",
    "space_war",
    "star_gunner",
    "superman",
    "surround",
    "tennis",
    "tetris",
    "tic_tac_toe_3d",
    "time_pilot",
    "trondead",
    "turmoil",
    "tutankham",
    "up_n_down",
    "venture",
    "video_checkers",
    "video_chess",
    "video_cube",
    "video_pinball",
    "wizard_of_wor",
    "word_zapper",
    "yars_revenge",
    "zaxxon",
};

// The cartridge's game and ROM are filled in. Errors do not name the environment.
absl::StatusOr<std::unique_ptr<Emulator>> Open(const std::string& name,
                                               CartridgeOptions cartridge) {
  NYALA_ASSIGN_OR_RETURN(cartridge.game, AtariGameOf(name));
  if (!HasEmulator()) {
    return absl::UnimplementedError(
        "this nyala was built without the Arcade Learning Environment; install its C++ library, "
        "then: CMAKE_PREFIX_PATH=ITS_PREFIX cmake --preset release && deploy/build");
  }
  if (cartridge.rom.empty()) {
    NYALA_ASSIGN_OR_RETURN(cartridge.rom,
                           FindAtariRom(cartridge.game, [](const char* variable) -> const char* {
                             return std::getenv(variable);
                           }));
  }
  return OpenEmulator(cartridge);
}

}  // namespace

std::string AtariNameOf(absl::string_view game) {
  std::string name;
  bool starts = true;
  for (const char c : game) {
    if (c != '_') name.push_back(starts ? absl::ascii_toupper(c) : c);
    starts = !absl::ascii_isalpha(c);
  }
  return name;
}

absl::StatusOr<std::string> AtariGameOf(const std::string& name) {
  std::vector<std::string> known;
  for (const char* game : kGames) {
    known.push_back(absl::StrCat(AtariNameOf(game), kVersion));
    if (known.back() == name) return std::string(game);
  }
  const std::string nearest =
      NearestName(absl::StrContains(name, "-v") ? name : absl::StrCat(name, kVersion), known);
  return absl::NotFoundError(absl::StrCat("there is no Atari game '", name, "'; ",
                                          nearest.empty()
                                              ? "games are named like 'SpaceInvaders-v5'"
                                              : absl::StrCat("did you mean '", nearest, "'?")));
}

absl::StatusOr<std::string> FindAtariRom(const std::string& game, const GetVariable& variable) {
  const std::string file = absl::StrCat(game, ".bin");
  for (const char* name : {"NYALA_ROMS", "ALE_ROMS_DIR"}) {
    const char* const folder = variable(name);
    if (folder == nullptr || *folder == '\0') continue;
    const std::string path = JoinPath(folder, file);
    if (PathExists(path)) return path;
    return absl::NotFoundError(absl::StrCat("there is no ROM ", path, " (", name, " is ", folder,
                                            "); put it there or give its file by rom=FILE"));
  }
  return absl::NotFoundError(absl::StrCat("its ROM is not known; set NYALA_ROMS to the folder of ",
                                          file, " or give its file by rom=FILE"));
}

absl::StatusOr<std::unique_ptr<Environment>> MakeAtariGame(const EnvironmentId& id) {
  NYALA_ASSIGN_OR_RETURN(const AtariOptions options, ReadAtariOptions(id));
  auto emulator = Open(id.rest, options.cartridge);
  if (!emulator.ok()) {
    return OfEnvironment(id, emulator.status());
  }
  return MakeAtari(options, *std::move(emulator));
}

}  // namespace nyala
