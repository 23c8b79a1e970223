#include "common/rl/algorithms/impala.h"

#include <torch/torch.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/suggest.h"

namespace nyala {
namespace {

enum class Correction { kVtrace, kOneStep, kEpsilon, kNone };

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
  const VtraceOptions options = VtraceOptionsOf(config);
  const std::string& name = config.correction();
  if (name == "vtrace") return std::make_unique<Impala>(options, Correction::kVtrace);
  if (name == "one_step_is") return std::make_unique<Impala>(options, Correction::kOneStep);
  if (name == "epsilon") return std::make_unique<Impala>(options, Correction::kEpsilon);
  if (name == "none") return std::make_unique<Impala>(options, Correction::kNone);
  return absl::InvalidArgumentError(absl::StrCat(
      "algorithm.correction: ",
      UnknownNameMessage("correction", name, {"vtrace", "one_step_is", "epsilon", "none"})));
}

}  // namespace nyala
