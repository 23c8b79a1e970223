#include "common/nn/optimizer/adam.h"

#include <cmath>

namespace nyala {
namespace {

class Adam : public Optimizer {
 public:
  Adam(const OptimizerConfig& config, const torch::Tensor& like)
      : beta1_(config.beta1()),
        beta2_(config.beta2()),
        epsilon_(config.epsilon()),
        first_moment_(torch::zeros_like(like)),
        second_moment_(torch::zeros_like(like)),
        steps_(torch::zeros({1})),
        direction_(torch::empty_like(like)) {}

  void Step(const torch::Tensor& values, const torch::Tensor& gradients,
            double learning_rate) override {
    torch::NoGradGuard no_grad;
    float& steps = *steps_.data_ptr<float>();
    steps += 1;  // stays at 2^24, where both corrections have long been 1
    const double correction1 = 1 - std::pow(beta1_, steps);
    const double correction2 = 1 - std::pow(beta2_, steps);
    first_moment_.mul_(beta1_).add_(gradients, 1 - beta1_);
    second_moment_.mul_(beta2_).addcmul_(gradients, gradients, 1 - beta2_);
    torch::sqrt_out(direction_, second_moment_);
    direction_.div_(std::sqrt(correction2)).add_(epsilon_);
    values.addcdiv_(first_moment_, direction_, -learning_rate / correction1);
  }

  std::map<std::string, torch::Tensor> State() override {
    return {{"first_moment", first_moment_}, {"second_moment", second_moment_}, {"steps", steps_}};
  }

 private:
  const double beta1_, beta2_, epsilon_;
  torch::Tensor first_moment_, second_moment_;
  torch::Tensor steps_;      // [1] on the host
  torch::Tensor direction_;  // scratch
};

}  // namespace

absl::StatusOr<std::unique_ptr<Optimizer>> MakeAdam(const OptimizerConfig& config,
                                                    const torch::Tensor& like) {
  return std::make_unique<Adam>(config, like);
}

}  // namespace nyala
