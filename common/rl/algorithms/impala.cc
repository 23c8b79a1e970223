#include "common/rl/algorithms/impala.h"

#include <torch/torch.h>

#include <cmath>

#include "common/base/status_macros.h"
#include "common/rl/choices.h"

namespace nyala {
namespace {

constexpr double kEpsilon = 1e-6;

class Impala : public Algorithm {
 public:
  Impala(const VtraceOptions& options, Correction correction)
      : options_(options), correction_(correction) {}

  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    const at::Tensor log_weights = log_prob - batch.log_mu;
    if (correction_ == Correction::kVtrace) {
      return VtraceTargets(options_, batch, log_weights, value);
    }
    VtraceOptions uncorrected;
    uncorrected.lambda = options_.lambda;
    Targets made = VtraceTargets(uncorrected, batch, torch::zeros_like(log_weights), value);
    if (correction_ == Correction::kOneStep) {
      // What a masked row carries may well have an infinite exponential.
      const at::Tensor weights = log_weights.exp().masked_fill(batch.frames == 0, 0);
      made.advantages = made.advantages * weights.clamp_max(options_.pg_rho_bar);
    }
    return made;
  }

  at::Tensor PolicyLoss(const Batch& batch, const Targets& targets,
                        const at::Tensor& log_prob) const override {
    if (correction_ != Correction::kEpsilon) {
      return Algorithm::PolicyLoss(batch, targets, log_prob);
    }
    const at::Tensor floor = torch::full_like(log_prob, std::log(kEpsilon));
    return Algorithm::PolicyLoss(batch, targets, torch::logaddexp(log_prob, floor));
  }

 private:
  const VtraceOptions options_;
  const Correction correction_;
};

}  // namespace

VtraceOptions VtraceOptionsOf(const AlgorithmConfig& config) {
  VtraceOptions options;
  options.rho_bar = static_cast<float>(config.rho_bar());
  options.c_bar = static_cast<float>(config.c_bar());
  options.pg_rho_bar = static_cast<float>(config.pg_rho_bar());
  options.lambda = static_cast<float>(config.lambda());
  return options;
}

Targets VtraceTargets(const VtraceOptions& options, const Batch& batch,
                      const at::Tensor& log_weights, const at::Tensor& value) {
  if (!value.device().is_cpu()) {
    TensorTargets made =
        TensorVtrace(options, log_weights, batch.rewards, batch.discounts, batch.frames, value);
    return {made.targets, made.advantages};
  }
  Targets made{torch::empty_like(log_weights), torch::empty_like(log_weights)};
  Vtrace(
      options,
      {batch.T(), batch.B(), log_weights.data_ptr<float>(), batch.rewards.data_ptr<float>(),
       batch.discounts.data_ptr<float>(), batch.frames.data_ptr<float>(), value.data_ptr<float>()},
      {made.values.data_ptr<float>(), made.advantages.data_ptr<float>()});
  return made;
}

absl::StatusOr<std::unique_ptr<Algorithm>> MakeImpala(const AlgorithmConfig& config) {
  NYALA_ASSIGN_OR_RETURN(const Correction correction, CorrectionOf(config));
  return std::make_unique<Impala>(VtraceOptionsOf(config), correction);
}

}  // namespace nyala
