// A network scripted in Python (torch.jit.script), trained without recompiling anything:
// network.name = "torchscript:FILE".
//
//   forward(observations [T, B, ...], first [T, B] bool, state [B, S] float32)
//     -> (policy [T, B, P] float32, value [T, B] float32, state [B, S] float32)
// Observations have the environment's dtype. `state_size`, an int attribute or an exported method,
// is S, 0 if there is none. The state is all zeros at the start of an episode; the module resets it
// before the rows where `first` is set.
// Its parameters keep their names and their file's values; those that need no gradient, and float
// buffers, are kept beside them. It runs in evaluation mode: what acts and what learns are one
// function. Each learner shard and actor loads the file for itself, so it must be where they run.
// Threads: as every network's.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/nn/network.h"

namespace nyala {

class TorchScriptNetwork : public Network {
 public:
  // InvalidArgument says in one line what is wrong with the file or its module.
  static absl::StatusOr<std::unique_ptr<TorchScriptNetwork>> Load(const NetworkConfig& config,
                                                                  const std::string& file,
                                                                  const EnvSpec& env,
                                                                  const PolicyHead& head);

  int64_t state_size() const override { return state_size_; }
  NetworkOutput Forward(const torch::Tensor& observations, const torch::Tensor& first,
                        const torch::Tensor& state) override;
  void to(torch::Device device, bool non_blocking = false) override;

  // A module with Step's signature, for export; new modules around the same tensors.
  torch::jit::Module StepModule() const;

 private:
  explicit TorchScriptNetwork(torch::jit::Module module);
  NetworkOutput Run(const torch::Tensor& observations, const torch::Tensor& first,
                    const torch::Tensor& state);
  absl::Status ReadStateSize();
  absl::Status BindTensors();
  absl::Status Probe(const EnvSpec& env, const PolicyHead& head, int64_t T, int64_t B);

  torch::jit::Module module_;
  int64_t state_size_ = 0;
};

}  // namespace nyala
