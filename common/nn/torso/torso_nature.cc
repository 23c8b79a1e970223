#include "common/nn/torso/image.h"
#include "common/nn/torso/torso.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Torso>> MakeNatureTorso(const TorsoContext& context) {
  return MakeConvolutionTorso(context, {{32, 8, 4}, {64, 4, 2}, {64, 3}}, 512);
}

}  // namespace nyala
