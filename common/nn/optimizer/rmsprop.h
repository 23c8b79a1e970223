// RMSProp in both conventions of the field; they differ in what the early and the quiet steps do.
//
//   s <- decay s + (1 - decay) g^2;   m <- momentum m + step
//   rmsprop    : step = lr g / (sqrt(s) + epsilon), s starts at 0 (LibTorch)
//   rmsprop_tf : step = lr g / sqrt(s + epsilon),   s starts at 1 (TensorFlow, the IMPALA paper's)
// The learning rate is inside m for rmsprop_tf and outside for rmsprop, as in those libraries.
#pragma once

#include <memory>

#include "common/nn/optimizer/optimizer.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Optimizer>> MakeRmsprop(const OptimizerConfig& config,
                                                       const torch::Tensor& like);
absl::StatusOr<std::unique_ptr<Optimizer>> MakeRmspropTf(const OptimizerConfig& config,
                                                         const torch::Tensor& like);

}  // namespace nyala
