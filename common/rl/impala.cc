#include "common/rl/impala.h"

#include <torch/torch.h>

#include "common/rl/vtrace.h"

namespace nyala {
namespace {

class Impala : public Algorithm {
 public:
  explicit Impala(const VtraceOptions& options) : options_(options) {}

  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    const at::Tensor log_weights = log_prob - batch.log_mu;
    if (!value.device().is_cpu()) {
      TensorTargets made =
          TensorVtrace(options_, log_weights, batch.rewards, batch.discounts, batch.frames, value);
      return {made.targets, made.advantages};
    }
    Targets made{torch::empty_like(log_weights), torch::empty_like(log_weights)};
    Vtrace(options_,
           {batch.T(), batch.B(), log_weights.data_ptr<float>(), batch.rewards.data_ptr<float>(),
            batch.discounts.data_ptr<float>(), batch.frames.data_ptr<float>(),
            value.data_ptr<float>()},
           {made.values.data_ptr<float>(), made.advantages.data_ptr<float>()});
    return made;
  }

 private:
  const VtraceOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Algorithm>> MakeImpala(const AlgorithmConfig& config) {
  VtraceOptions options;
  options.rho_bar = static_cast<float>(config.rho_bar());
  options.c_bar = static_cast<float>(config.c_bar());
  options.pg_rho_bar = static_cast<float>(config.pg_rho_bar());
  options.lambda = static_cast<float>(config.lambda());
  return std::make_unique<Impala>(options);
}

}  // namespace nyala
