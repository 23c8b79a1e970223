#include "common/rl/algorithms/a2c.h"

#include <torch/torch.h>

#include "common/rl/algorithms/vtrace.h"

namespace nyala {
namespace {

class A2c : public Algorithm {
 public:
  explicit A2c(int64_t n_step) : n_step_(n_step) {}

  Targets ComputeTargets(const Batch& batch, const at::Tensor& log_prob,
                         const at::Tensor& value) const override {
    const int64_t T = batch.T();
    const int64_t n = n_step_ == 0 ? T : n_step_;
    // The scan is small beside the network; off the CPU it is computed here and sent back.
    const at::Tensor rewards = batch.rewards.cpu();
    const at::Tensor discounts = batch.discounts.cpu();
    const at::Tensor frames = batch.frames.cpu();
    const at::Tensor host_value = value.cpu();
    Targets made{torch::empty_like(rewards), torch::empty_like(rewards)};
    NStepReturns(n,
                 {T, batch.B(), nullptr, rewards.data_ptr<float>(), discounts.data_ptr<float>(),
                  frames.data_ptr<float>(), host_value.data_ptr<float>()},
                 {made.values.data_ptr<float>(), made.advantages.data_ptr<float>()});
    return {made.values.to(log_prob.device()), made.advantages.to(log_prob.device())};
  }

 private:
  const int64_t n_step_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Algorithm>> MakeA2c(const AlgorithmConfig& config) {
  return std::make_unique<A2c>(config.n_step());
}

}  // namespace nyala
