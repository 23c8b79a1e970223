// Where the build did not find the Arcade Learning Environment.
#include "actor/environments/atari/emulator.h"

namespace nyala {

bool HasEmulator() { return false; }

absl::StatusOr<std::unique_ptr<Emulator>> OpenEmulator(const CartridgeOptions&) {
  return absl::UnimplementedError("built without the Arcade Learning Environment");
}

}  // namespace nyala
