// What every network must do: put an implementation through it by its registered name.
//
//   INSTANTIATE_TEST_SUITE_P(Mine, NetworkConformance, testing::Values(NetworkCase{...}));
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "common/nn/network.h"

namespace nyala {

struct NetworkCase {
  // Made of letters, digits and underscores.
  std::string label;
  NetworkConfig config;
  TensorSpec observation;
  // What the parameters are called, in order: checkpoints depend on it.
  std::vector<std::string> parameter_names;
  // Policy outputs that are learnt constants.
  int64_t free = 0;
};

class NetworkConformance : public testing::TestWithParam<NetworkCase> {
 protected:
  static constexpr int64_t kPolicyOutputs = 5;

  std::unique_ptr<Network> Make(uint64_t seed) const;
  // [T, B, ...] of the case's dtype.
  torch::Tensor Observations(int64_t T, int64_t B) const;
  // Forward with episodes that start at row 0 and an initial state of zeros.
  NetworkOutput Run(Network& network, const torch::Tensor& observations) const;
  // The same with episodes that start where `first` says; rows one after the other through Forward
  // or Step.
  NetworkOutput RunByRow(Network& network, const torch::Tensor& observations,
                         const torch::Tensor& first, const torch::Tensor& state, bool step) const;
};

}  // namespace nyala
