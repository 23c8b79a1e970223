#include "common/nn/torso/image.h"
#include "common/nn/torso/torso.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Torso>> MakeMinatarTorso(const TorsoContext& context) {
  return MakeConvolutionTorso(context, {{16, 3}}, 128);
}

}  // namespace nyala
