#include "common/nn/observations.h"

namespace nyala {
namespace {

constexpr double kEpsilon = 1e-8, kClip = 10;

std::vector<int64_t> StackedShape(std::vector<int64_t> shape, int64_t stack) {
  if (stack == 1) return shape;
  if (shape.empty() || shape.size() == 2) shape.insert(shape.begin(), 1);
  shape[0] *= stack;
  return shape;
}

}  // namespace

ObservationInput::ObservationInput(const NetworkConfig& config, const TensorSpec& observation,
                                   torch::nn::Module& owner)
    : stack_(config.frame_stack()),
      elements_(observation.elements()),
      byte_scale_(observation.byte_scale),
      shape_(StackedShape(observation.shape, stack_)),
      batched_shape_(shape_) {
  batched_shape_.insert(batched_shape_.begin(), -1);
  if (!config.normalize_observations()) return;
  mean_ = owner.register_buffer("observation_mean", torch::zeros({elements_}));
  variance_ = owner.register_buffer("observation_variance", torch::ones({elements_}));
  owner.register_buffer("observation_count", torch::zeros({1}));
}

torch::Tensor ObservationInput::Finish(const torch::Tensor& stacked) const {
  torch::Tensor x = stacked.to(torch::kFloat32);
  if (mean_.defined()) {
    x = x.reshape({-1, stack_, elements_});
    x = ((x - mean_) * (variance_ + kEpsilon).rsqrt()).clamp(-kClip, kClip);
  } else if (stacked.scalar_type() == torch::kUInt8) {
    x.mul_(byte_scale_);
  }
  return x.reshape(batched_shape_);
}

ObservationInput::Output ObservationInput::Forward(const torch::Tensor& observations,
                                                   const torch::Tensor& first,
                                                   const torch::Tensor& state) const {
  if (stack_ == 1) return {Finish(observations), {}};
  const int64_t T = observations.size(0), B = observations.size(1), older = stack_ - 1;
  const torch::Tensor x = observations.reshape({T, B, elements_});
  const torch::Tensor kept =
      state.narrow(1, 0, older * elements_).to(x.scalar_type()).view({B, older, elements_});
  // Where nothing came before: at an episode's first row, and where the state is all zeros.
  torch::Tensor starts = first.clone();
  starts[0].logical_or_(state.select(1, older * elements_) == 0);
  starts = starts.unsqueeze(2);
  // frames[j] holds at row t the observation of row t - j.
  std::vector<torch::Tensor> frames{x};
  for (int64_t j = 1; j <= older; ++j) {
    const torch::Tensor shifted =
        torch::cat({kept.select(1, older - j).unsqueeze(0), frames.back().narrow(0, 0, T - 1)});
    frames.push_back(torch::where(starts, x, shifted));
  }
  const torch::Tensor stacked =
      torch::stack(std::vector<torch::Tensor>(frames.rbegin(), frames.rend()), 2);
  const torch::Tensor newest = stacked[T - 1].narrow(1, 1, older).reshape({B, -1});
  return {Finish(stacked),
          torch::cat({newest.to(torch::kFloat32), torch::ones({B, 1}, state.options())}, 1)};
}

ObservationInput::Output ObservationInput::Step(const torch::Tensor& observations,
                                                const torch::Tensor& state) const {
  if (stack_ == 1) return {Finish(observations), {}};
  const int64_t older = stack_ - 1;
  const torch::Tensor x = observations.reshape({-1, 1, elements_});
  const torch::Tensor kept =
      state.narrow(1, 0, older * elements_).to(x.scalar_type()).reshape({-1, older, elements_});
  const torch::Tensor started = state.narrow(1, older * elements_, 1);
  const torch::Tensor stacked =
      torch::cat({torch::where((started == 0).unsqueeze(2), x, kept), x}, 1);
  const torch::Tensor newest = stacked.narrow(1, 1, older).flatten(1).to(torch::kFloat32);
  return {Finish(stacked), torch::cat({newest, torch::ones_like(started)}, 1)};
}

}  // namespace nyala
