// Emulator: a console with a game in it, one frame at a time; what Preprocessing (atari.h) plays
// on.
//
// The screen is [rows, columns] colour numbers, which the palette turns into colours. An action is
// a number that only the emulator understands; the first of each action set does nothing. A game is
// a function of the actions alone: what is random about it is put in from outside. Threads: an
// instance is used by one thread at a time. Nothing but Restore blocks or fails.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nyala {

struct EmulatorColor {
  uint8_t red = 0, green = 0, blue = 0;
  // What it is on a grey screen.
  uint8_t grey = 0;
};

class Emulator {
 public:
  virtual ~Emulator() = default;

  // Constant.
  virtual int rows() const = 0;
  virtual int columns() const = 0;
  virtual const std::array<EmulatorColor, 256>& palette() const = 0;
  virtual const std::vector<int>& all_actions() const = 0;
  // Those that do something in this game.
  virtual const std::vector<int>& minimal_actions() const = 0;

  // The game's start, always the same.
  virtual void Reset() = 0;
  // One frame; returns its reward. Not after the game is over.
  virtual double Act(int action) = 0;
  virtual bool over() const = 0;
  // Left; 0 where the game does not count them.
  virtual int lives() const = 0;
  // Picture of the newest frame, valid up to the next call that is not const. After Restore it may
  // be an older one.
  virtual const uint8_t* screen() const = 0;

  // Appends where the game stands.
  virtual void Save(std::string* state) const = 0;
  // InvalidArgument when these are not the saved bytes of such a game; Reset it then.
  virtual absl::Status Restore(absl::string_view state) = 0;
};

struct CartridgeOptions {
  // The ROM's file.
  std::string rom;
  // What the ROM must be, as "space_invaders".
  std::string game;
  // The console's switches; -1: as the game comes.
  int64_t mode = -1, difficulty = -1;
};

// Whether this program was built with the Arcade Learning Environment.
bool HasEmulator();
// Over the Arcade Learning Environment. An error, in one line without the environment's name, when
// the file is not that game's ROM, or the switches have no such position. Blocks on the disk.
absl::StatusOr<std::unique_ptr<Emulator>> OpenEmulator(const CartridgeOptions& options);

}  // namespace nyala
