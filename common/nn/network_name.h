// network.name, without LibTorch: which names are files. Pure; any thread.
#pragma once

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace nyala {

// What names that are files start with (common/nn/torch_script.h).
inline constexpr char kTorchScriptPrefix[] = "torchscript:";

// What making the network of that name does outside of this program, as "runs a TorchScript file";
// empty: nothing. Registered names hold no colon.
inline std::string OutsideOfNetwork(absl::string_view name) {
  if (absl::StartsWith(name, kTorchScriptPrefix)) return "runs a TorchScript file";
  return absl::StrContains(name, ':') ? "may do anything with what it is given" : "";
}

}  // namespace nyala
