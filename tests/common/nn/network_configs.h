// Short ways to write network configurations and observation specs in tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/rl/specs.h"
#include "nyala/run_config.pb.h"

namespace nyala {

inline NetworkConfig Config(const std::string& name, std::vector<int> hidden = {}) {
  NetworkConfig config;
  config.set_name(name);
  config.mutable_hidden()->Add(hidden.begin(), hidden.end());
  return config;
}

inline NetworkConfig Separate(NetworkConfig config) {
  config.set_shared_trunk(false);
  return config;
}

inline NetworkConfig With(NetworkConfig config, const std::string& activation, bool orthogonal) {
  config.set_activation(activation);
  config.set_orthogonal_init(orthogonal);
  return config;
}

inline NetworkConfig Channels(NetworkConfig config, std::vector<int> channels) {
  config.mutable_channels()->Add(channels.begin(), channels.end());
  return config;
}

inline NetworkConfig Core(NetworkConfig config, const std::string& core, int layers = 1) {
  config.set_core(core);
  config.set_core_size(12);
  config.set_core_layers(layers);
  return config;
}

inline NetworkConfig Input(NetworkConfig config, int frame_stack, bool normalize) {
  config.set_frame_stack(frame_stack);
  config.set_normalize_observations(normalize);
  return config;
}

inline TensorSpec Observation(DType dtype, std::vector<int64_t> shape) {
  TensorSpec spec;
  spec.dtype = dtype;
  spec.shape = std::move(shape);
  return spec;
}

}  // namespace nyala
