// Names and ROMs, and what is played for real where the library and a ROM are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "actor/environment_registry.h"
#include "actor/environments/atari/emulator.h"
#include "actor/environments/atari/games.h"
#include "common/system/file.h"
#include "tests/conformance/environment_conformance.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

const char* RealVariable(const char* name) { return std::getenv(name); }

// Ids of the games whose ROM is here: short ones first.
std::vector<std::string> PlayableGames() {
  std::vector<std::string> ids;
  for (const char* game : {"tetris", "pong", "breakout", "qbert", "space_invaders"}) {
    if (!HasEmulator() || !FindAtariRom(game, RealVariable).ok()) continue;
    ids.push_back("ALE/" + AtariNameOf(game) + "-v5");
  }
  return ids;
}

// One is enough for the whole suite; where there is none it says that it skips.
std::string GameForConformance() {
  const std::vector<std::string> ids = PlayableGames();
  return ids.empty() ? "ALE/Tetris-v5" : ids[0];
}

INSTANTIATE_TEST_SUITE_P(RealAtari, EnvironmentConformance, testing::Values(GameForConformance()),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = std::isalnum(c) ? c : '_';
                           return name;
                         });

GetVariable Variables(const std::map<std::string, std::string>& values) {
  return [values](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

TEST(AtariGames, AreNamedAsGymnasiumNamesThem) {
  EXPECT_EQ(AtariNameOf("pong"), "Pong");
  EXPECT_EQ(AtariNameOf("space_invaders"), "SpaceInvaders");
  EXPECT_EQ(AtariNameOf("up_n_down"), "UpNDown");
  EXPECT_EQ(AtariNameOf("tic_tac_toe_3d"), "TicTacToe3D");
  EXPECT_EQ(AtariGameOf("MontezumaRevenge-v5").value(), "montezuma_revenge");
  EXPECT_EQ(AtariGameOf("Jamesbond-v5").value(), "jamesbond");
}

TEST(AtariGames, UnknownOnesAreToldWithTheNearest) {
  for (const char* name : {"Pongg-v5", "pong-v5", "Pong-v4", "Pong"}) {
    const auto game = AtariGameOf(name);
    EXPECT_TRUE(absl::IsNotFound(game.status())) << name;
    EXPECT_THAT(std::string(game.status().message()), HasSubstr("did you mean 'Pong-v5'?"));
  }
  const auto made = Environments().Create("ALE/Nothing-like-any");
  EXPECT_THAT(std::string(made.status().message()),
              HasSubstr("environment 'ALE/Nothing-like-any': there is no Atari game"));
}

TEST(AtariGames, RomsAreFoundInTheFolderThatIsNamed) {
  const ScratchDir scratch;
  const std::string pong = scratch / "pong.bin";
  ASSERT_TRUE(WriteFile(pong, "x").ok());
  EXPECT_EQ(FindAtariRom("pong", Variables({{"NYALA_ROMS", scratch.path()}})).value(), pong);
  EXPECT_EQ(FindAtariRom("pong", Variables({{"ALE_ROMS_DIR", scratch.path()}})).value(), pong);
  // The first of the two that is set is meant.
  const auto other =
      FindAtariRom("pong", Variables({{"NYALA_ROMS", "/no"}, {"ALE_ROMS_DIR", scratch.path()}}));
  EXPECT_EQ(other.status().message(),
            "there is no ROM /no/pong.bin (NYALA_ROMS is /no); put it there or give its file by "
            "rom=FILE");
}

TEST(AtariGames, WithoutAFolderItIsSaidHowToNameOne) {
  EXPECT_EQ(FindAtariRom("ms_pacman", Variables({{"NYALA_ROMS", ""}})).status().message(),
            "its ROM is not known; set NYALA_ROMS to the folder of ms_pacman.bin or give its file "
            "by rom=FILE");
}

TEST(AtariGames, AMissingLibraryOrRomIsSaidInOneLine) {
  const auto made = Environments().Create("ALE/Pong-v5,rom=/no/pong.bin");
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().message(),
            HasEmulator()
                ? "environment 'ALE/Pong-v5,rom=/no/pong.bin': there is no ROM at /no/pong.bin"
                : "environment 'ALE/Pong-v5,rom=/no/pong.bin': this nyala was built without the "
                  "Arcade Learning Environment; install its C++ library, then: "
                  "CMAKE_PREFIX_PATH=ITS_PREFIX cmake --preset release && deploy/build");
}

TEST(AtariGames, ArgumentsAreCheckedBeforeRomsAreLookedFor) {
  const auto made = Environments().Create("ALE/Pong-v5,frame_skip=0");
  EXPECT_TRUE(absl::IsInvalidArgument(made.status())) << made.status();
}

TEST(RealAtari, AFileThatIsNoRomIsRefused) {
  if (!HasEmulator()) GTEST_SKIP() << "SKIPPED: built without the Arcade Learning Environment";
  const ScratchDir scratch;
  ASSERT_TRUE(WriteFile(scratch / "pong.bin", std::string(4096, 'x')).ok());
  const auto made = Environments().Create("ALE/Pong-v5,rom=" + (scratch / "pong.bin"));
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("is no ROM that the Arcade"));
}

TEST(RealAtari, GamesShowFramesAndEnd) {
  if (!HasEmulator()) GTEST_SKIP() << "SKIPPED: built without the Arcade Learning Environment";
  const std::vector<std::string> ids = PlayableGames();
  if (ids.empty())
    GTEST_SKIP() << "SKIPPED: no ROM: NYALA_ROMS names no folder with one of the games";
  for (const std::string& id : ids) {
    const auto environment = *Environments().Create(id);
    const EnvSpec& spec = environment->spec();
    EXPECT_GE(spec.action.n, 3);
    EXPECT_LE(spec.action.n, 18);
    std::vector<uint8_t> first(spec.observation.bytes()), picture = first;
    environment->Reset(1, ObservationRef{first.data()});
    StepResult result;
    int64_t steps = 0;
    bool changed = false;
    while (!result.truncated && (!result.terminated || result.goes_on) && steps < 27000) {
      const auto action = static_cast<int32_t>(steps / 3 % spec.action.n);
      result = environment->Step(ActionRef{&action}, ObservationRef{picture.data()});
      changed = changed || picture != first;
      if (result.goes_on) environment->Reset(1, ObservationRef{picture.data()});
      ++steps;
    }
    EXPECT_TRUE(changed) << id;
    EXPECT_TRUE(result.terminated || result.truncated) << id << " after " << steps;
  }
}

}  // namespace
}  // namespace nyala
