#include "common/nn/optimizer/rmsprop.h"

namespace nyala {
namespace {

class Rmsprop : public Optimizer {
 public:
  Rmsprop(const OptimizerConfig& config, const torch::Tensor& like, bool tensorflow)
      : decay_(config.decay()),
        epsilon_(config.epsilon()),
        momentum_(config.momentum()),
        tensorflow_(tensorflow),
        square_average_(tensorflow ? torch::ones_like(like) : torch::zeros_like(like)),
        direction_(torch::empty_like(like)) {
    if (momentum_ > 0) momentum_buffer_ = torch::zeros_like(like);
  }

  void Step(const torch::Tensor& values, const torch::Tensor& gradients,
            double learning_rate) override {
    torch::NoGradGuard no_grad;
    square_average_.mul_(decay_).addcmul_(gradients, gradients, 1 - decay_);
    if (tensorflow_) {
      torch::add_out(direction_, square_average_, torch::scalar_tensor(epsilon_));
      direction_.sqrt_();
    } else {
      torch::sqrt_out(direction_, square_average_);
      direction_.add_(epsilon_);
    }
    if (momentum_ == 0) {
      values.addcdiv_(gradients, direction_, -learning_rate);
      return;
    }
    const double inside = tensorflow_ ? learning_rate : 1.0;
    momentum_buffer_.mul_(momentum_).addcdiv_(gradients, direction_, inside);
    values.sub_(momentum_buffer_, tensorflow_ ? 1.0 : learning_rate);
  }

  std::map<std::string, torch::Tensor> State() override {
    std::map<std::string, torch::Tensor> state{{"square_average", square_average_}};
    if (momentum_ > 0) state["momentum"] = momentum_buffer_;
    return state;
  }

 private:
  const double decay_, epsilon_, momentum_;
  const bool tensorflow_;
  torch::Tensor square_average_;
  torch::Tensor momentum_buffer_;
  torch::Tensor direction_;  // scratch
};

}  // namespace

absl::StatusOr<std::unique_ptr<Optimizer>> MakeRmsprop(const OptimizerConfig& config,
                                                       const torch::Tensor& like) {
  return std::make_unique<Rmsprop>(config, like, /*tensorflow=*/false);
}

absl::StatusOr<std::unique_ptr<Optimizer>> MakeRmspropTf(const OptimizerConfig& config,
                                                         const torch::Tensor& like) {
  return std::make_unique<Rmsprop>(config, like, /*tensorflow=*/true);
}

}  // namespace nyala
