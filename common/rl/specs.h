// What environments exchange with policies: tensor shapes, action kinds.
//
// Plain values; no LibTorch.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace nyala {

enum class DType { kUint8, kInt32, kFloat32 };

// Bytes of one element.
int64_t SizeOf(DType dtype);
// "uint8", "int32", "float32".
const char* NameOf(DType dtype);

struct TensorSpec {
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
  // kUint8 only: what bytes are multiplied by before they reach the network.
  double byte_scale = 1.0 / 255.0;

  // The product of `shape`; 1 for a scalar.
  int64_t elements() const;
  int64_t bytes() const { return elements() * SizeOf(dtype); }

  bool operator==(const TensorSpec& other) const;
  bool operator!=(const TensorSpec& other) const { return !(*this == other); }
};

struct ActionSpec {
  enum class Kind {
    kDiscrete,       // one int32 in [0, n)
    kContinuous,     // `n` float32 values, each within [low, high]
    kMultiDiscrete,  // `n` int32 values, number i in [0, choices[i])
    kMultiBinary,    // `n` int32 values, each 0 or 1
  };
  Kind kind = Kind::kDiscrete;
  // Number of actions (discrete) or of dimensions (all others).
  int64_t n = 2;
  // Continuous only, one entry per dimension.
  std::vector<float> low, high;
  // Multi-discrete only, one entry per dimension.
  std::vector<int64_t> choices;

  DType dtype() const { return kind == Kind::kContinuous ? DType::kFloat32 : DType::kInt32; }
  // Elements of one action in memory: 1, or `n`.
  int64_t elements() const { return kind == Kind::kDiscrete ? 1 : n; }
  int64_t bytes() const { return elements() * SizeOf(dtype()); }
  // How many values element i takes, from 0 on; not for continuous actions.
  int64_t values(int64_t i) const;

  bool operator==(const ActionSpec& other) const;
  bool operator!=(const ActionSpec& other) const { return !(*this == other); }
};

struct EnvSpec {
  std::string id;
  TensorSpec observation;
  ActionSpec action;
  // Time limit after which an episode is truncated, in frames; 0: none.
  int64_t max_episode_steps = 0;
  // Frames of the simulated task in one frame of ours, as games repeat an action. For information:
  // frames are never multiplied by it.
  int64_t action_repeat = 1;
  // Mean return over 100 episodes at which the task counts as solved; NaN: not defined.
  double solved_return = std::numeric_limits<double>::quiet_NaN();
  // One line for `nyala envs`.
  std::string description;
};

}  // namespace nyala
