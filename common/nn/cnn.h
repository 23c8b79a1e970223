// cnn: a small convolutional network for images.
//
//   x [T, B, C, H, W] (or [T, B, H, W], one channel) -> [3x3 convolution, padding 1 -> activation]
//   per entry of network.channels -> flatten -> [linear -> activation] per width -> head.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/nn/network.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Network>> MakeCnn(const NetworkConfig& config, const EnvSpec& env,
                                                 const PolicyHead& head);

}  // namespace nyala
