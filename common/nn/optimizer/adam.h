// Adam (arXiv 1412.6980, algorithm 1), epsilon outside the root.
#pragma once

#include <memory>

#include "common/nn/optimizer/optimizer.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Optimizer>> MakeAdam(const OptimizerConfig& config,
                                                    const torch::Tensor& like);

}  // namespace nyala
