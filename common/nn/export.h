// ExportPolicy: a network as a TorchScript module that Python runs without this project.
//
//   forward(observations [N, ...], state [N, S]) -> (policy [N, P], value [N], state [N, S])
// for any N, of the environment's dtype, with all preprocessing inside; the int attribute
// state_size is S. The state is all zeros at the start of an episode. Parameters keep their names.
// Threads: one at a time; tracing is global to LibTorch.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/nn/network.h"

namespace nyala {

// The contents of the file, for torch.jit.load. Whether it gives what the network gives is tried
// at other numbers of rows than were traced: Internal if not.
absl::StatusOr<std::string> ExportPolicy(Network& network, const TensorSpec& observation);

}  // namespace nyala
