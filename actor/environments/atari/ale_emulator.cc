// The Arcade Learning Environment behind Emulator.
#include <algorithm>
#include <exception>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actor/environments/atari/emulator.h"
#include "actor/state_bytes.h"
#include "ale/ale_interface.hpp"
#include "ale/common/ColourPalette.hpp"
#include "common/base/crc32c.h"

namespace nyala {
namespace {

std::vector<int> Numbers(const ale::ActionVect& actions) {
  return std::vector<int>(actions.begin(), actions.end());
}

std::array<EmulatorColor, 256> PaletteOf(const ale::ColourPalette& palette) {
  std::array<EmulatorColor, 256> colors;
  for (int number = 0; number < 256; ++number) {
    int red = 0, green = 0, blue = 0;
    palette.getRGB(number, red, green, blue);
    colors[number] = {static_cast<uint8_t>(red), static_cast<uint8_t>(green),
                      static_cast<uint8_t>(blue), palette.getGrayscale(number)};
  }
  return colors;
}

class AleEmulator : public Emulator {
 public:
  // Its console holds a cartridge.
  explicit AleEmulator(std::unique_ptr<ale::ALEInterface> console)
      : console_(std::move(console)),
        rows_(static_cast<int>(console_->getScreen().height())),
        columns_(static_cast<int>(console_->getScreen().width())),
        palette_(PaletteOf(console_->theOSystem->colourPalette())),
        all_actions_(Numbers(console_->getLegalActionSet())),
        minimal_actions_(Numbers(console_->getMinimalActionSet())),
        start_(console_->cloneState(/*include_rng=*/true)),
        start_screen_(Screen(), Screen() + rows_ * columns_) {}

  int rows() const override { return rows_; }
  int columns() const override { return columns_; }
  const std::array<EmulatorColor, 256>& palette() const override { return palette_; }
  const std::vector<int>& all_actions() const override { return all_actions_; }
  const std::vector<int>& minimal_actions() const override { return minimal_actions_; }

  // Restores the first start: reset_game would leave what the last game left in memory, and takes
  // some 70 frames.
  void Reset() override {
    console_->restoreState(start_);
    at_start_ = true;
  }

  double Act(int action) override {
    at_start_ = false;
    return console_->act(static_cast<ale::Action>(action));
  }

  bool over() const override { return console_->game_over(); }
  int lives() const override { return console_->lives(); }
  // The console keeps its screen through a restore.
  const uint8_t* screen() const override { return at_start_ ? start_screen_.data() : Screen(); }

  void Save(std::string* state) const override {
    const std::string bytes = console_->cloneState(/*include_rng=*/true).serialize();
    AppendValue(Crc32c(bytes), state);
    AppendBytes(bytes, state);
  }

  absl::Status Restore(absl::string_view state) override {
    const absl::Status wrong = absl::InvalidArgumentError("not a saved state of this game");
    StateReader reader(state);
    uint32_t checksum = 0;
    absl::string_view bytes;
    if (!reader.Read(&checksum) || !reader.ReadBytes(&bytes) || !reader.at_end() ||
        checksum != Crc32c(bytes)) {
      return wrong;
    }
    // The library throws text, among others, for what it does not like.
    try {
      console_->restoreState(ale::ALEState(std::string(bytes)));
    } catch (...) {
      return wrong;
    }
    at_start_ = false;
    return absl::OkStatus();
  }

 private:
  const uint8_t* Screen() const { return console_->getScreen().getArray(); }

  const std::unique_ptr<ale::ALEInterface> console_;
  const int rows_, columns_;
  const std::array<EmulatorColor, 256> palette_;
  const std::vector<int> all_actions_, minimal_actions_;
  const ale::ALEState start_;
  const std::vector<uint8_t> start_screen_;
  bool at_start_ = true;
};

// The library ends the process where it does not know the ROM: looked at before.
absl::Status CheckRom(const CartridgeOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(options.rom, error)) {
    return absl::NotFoundError(absl::StrCat("there is no ROM at ", options.rom));
  }
  const std::optional<std::string> game = ale::ALEInterface::isSupportedROM(options.rom);
  if (!game.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.rom, " is no ROM that the Arcade Learning Environment knows (by its ",
                     "MD5 sum); take the dumps that its documentation names"));
  }
  if (*game == options.game) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(options.rom, " is the ROM of '", *game, "', not of '", options.game, "'"));
}

// Sets a switch of which `positions` there are.
template <typename Positions, typename Set>
absl::Status Turn(const char* name, int64_t wanted, const Positions& positions, Set set) {
  if (wanted < 0) return absl::OkStatus();
  if (std::find(positions.begin(), positions.end(), wanted) == positions.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "argument ", name, " must be one of ", absl::StrJoin(positions, ", "), ", not ", wanted));
  }
  set(wanted);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Emulator>> Open(const CartridgeOptions& options) {
  absl::Status status = CheckRom(options);
  if (!status.ok()) return status;
  // ALE's log level, which is the whole process's.
  static const bool quiet = (ale::Logger::setMode(ale::Logger::Error), true);
  static_cast<void>(quiet);
  auto console = std::make_unique<ale::ALEInterface>();
  // Sticky actions are put in by who plays.
  console->setFloat("repeat_action_probability", 0);
  console->setInt("random_seed", 0);
  console->loadROM(options.rom);
  status.Update(Turn("mode", options.mode, console->getAvailableModes(),
                     [&](int64_t mode) { console->setMode(mode); }));
  status.Update(Turn("difficulty", options.difficulty, console->getAvailableDifficulties(),
                     [&](int64_t difficulty) { console->setDifficulty(difficulty); }));
  if (!status.ok()) return status;
  if (options.mode >= 0 || options.difficulty >= 0) console->reset_game();
  return std::make_unique<AleEmulator>(std::move(console));
}

}  // namespace

bool HasEmulator() { return true; }

absl::StatusOr<std::unique_ptr<Emulator>> OpenEmulator(const CartridgeOptions& options) {
  try {
    return Open(options);
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("the Arcade Learning Environment cannot open ",
                                            options.rom, ": ", error.what()));
  }
}

}  // namespace nyala
