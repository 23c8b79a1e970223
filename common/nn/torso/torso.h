// Torso: the part of a network between its (stacked, scaled) observations and its core or heads.
//
//   x [N, ...] float32 -> features [N, F]
// One file per architecture: torso_mlp.cc, torso_cnn.cc, torso_minatar.cc, ....
// A torso registers its layers with the network that owns it, so that the names of parameters are
// flat and stay what they are, whatever else the network is made of.
// Threads: as the network's.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/check.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class Torso {
 public:
  virtual ~Torso() = default;
  // F.
  virtual int64_t features() const = 0;
  // Takes no size from its argument: it may be traced for any N.
  virtual torch::Tensor Forward(torch::Tensor x) = 0;
};

// What a torso is built from and registered with.
struct TorsoContext {
  const NetworkConfig& config;
  // Shape of one observation as the torso gets it, and the environment's id for errors.
  const std::vector<int64_t>& shape;
  const std::string& environment;
  torch::nn::Module& owner;
  // Prefix of the layers' names: "" for a shared torso, else "policy_" or "value_".
  std::string prefix;
};

// InvalidArgument names the field and the fix when the observations do not fit.
using TorsoFactory = absl::StatusOr<std::unique_ptr<Torso>>(const TorsoContext& context);

// Flat observations -> [linear -> activation] per width; layers "trunk0", ...
TorsoFactory MakeMlpTorso;
// Images -> [3x3 convolution, padding 1 -> activation] per entry of network.channels -> flatten ->
// [linear -> activation] per width; layers "conv0", ..., "linear0", ...
TorsoFactory MakeCnnTorso;
// Images -> 16 3x3 -> relu -> flatten -> 128 -> relu (MinAtar, arXiv 1903.03176, section 4).
TorsoFactory MakeMinatarTorso;
// Images -> 32 8x8 stride 4 -> relu -> 64 4x4 stride 2 -> relu -> 64 3x3 -> relu -> flatten -> 512
// -> relu (Mnih et al., Nature 518, 2015).
TorsoFactory MakeNatureTorso;
// Images -> 16 8x8 stride 4 -> relu -> 32 4x4 stride 2 -> relu -> flatten -> 256 -> relu (IMPALA,
// arXiv 1802.01561, figure 3 left).
TorsoFactory MakeImpalaShallowTorso;
// Images -> per section of 16, 32, 32 channels [3x3 convolution -> 3x3 max pool stride 2 -> two
// residual blocks of relu, 3x3, relu, 3x3] -> relu -> flatten -> 256 -> relu (figure 3 right).
TorsoFactory MakeImpalaDeepTorso;

}  // namespace nyala
