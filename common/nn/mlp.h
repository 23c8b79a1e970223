// mlp: flat observation -> [linear -> activation] per width -> linear head of policy and value.
//
//   x [T, B, ...] -> [T*B, F] -> hidden widths -> [T*B, P+1] -> policy [T, B, P], value [T, B]
// With shared_trunk = false the value has a trunk of its own.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/nn/network.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Network>> MakeMlp(const NetworkConfig& config, const EnvSpec& env,
                                                 const PolicyHead& head);

}  // namespace nyala
