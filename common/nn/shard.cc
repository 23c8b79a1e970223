#include "common/nn/shard.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/nn/scalar_type.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

torch::Tensor View(void* data, std::vector<int64_t> shape, DType dtype) {
  return torch::from_blob(data, shape, ScalarTypeOf(dtype));
}

torch::Tensor ActionsOf(const UnrollSpec& spec, int64_t columns, Rows& rows, torch::Device device) {
  std::vector<int64_t> shape{spec.T, columns};
  if (spec.action.kind != ActionSpec::Kind::kDiscrete) shape.push_back(spec.action.n);
  const torch::Tensor actions = View(rows.actions.data(), shape, spec.action.dtype()).to(device);
  return spec.action.dtype() == DType::kInt32 ? actions.to(torch::kInt64) : actions;
}

// What follows from flags and rewards.
void FillRows(const std::vector<int64_t>& shape, const Rows& rows, const AlgorithmConfig& config,
              double reward_factor, Batch* batch) {
  batch->rewards = torch::empty(shape);
  batch->discounts = torch::empty(shape);
  batch->frames = torch::empty(shape);
  float* rewards = batch->rewards.data_ptr<float>();
  float* discounts = batch->discounts.data_ptr<float>();
  float* frames = batch->frames.data_ptr<float>();
  const auto discount = static_cast<float>(config.discount());
  const auto scale = static_cast<float>(config.reward_scale() * reward_factor);
  const auto clip = static_cast<float>(config.reward_clip());
  for (size_t i = 0; i < rows.flags.size(); ++i) {
    const uint8_t flags = rows.flags[i];
    discounts[i] = RowDiscount(flags, discount);
    frames[i] = RowIsFrame(flags) ? 1.0f : 0.0f;
    const float reward = RowIsFrame(flags) ? rows.rewards[i] * scale : 0.0f;
    rewards[i] = clip > 0 ? std::clamp(reward, -clip, clip) : reward;
  }
}

// [T+1, B] bool.
torch::Tensor FirstRows(int64_t T, int64_t B, const Rows& rows) {
  torch::Tensor first = torch::empty({T + 1, B}, torch::kBool);
  bool* starts = first.data_ptr<bool>();
  for (int64_t i = 0; i < T * B; ++i) starts[i] = (rows.flags[i] & kRowFirst) != 0;
  for (int64_t b = 0; b < B; ++b) {
    starts[T * B + b] = NextRowIsFirst(rows.flags[(T - 1) * B + b]);
  }
  return first;
}

}  // namespace

Batch MakeBatch(const UnrollSpec& spec, int64_t columns, Rows& rows, const AlgorithmConfig& config,
                double reward_factor, torch::Device device) {
  const int64_t T = spec.T;
  const int64_t B = columns;
  std::vector<int64_t> observations{T + 1, B};
  for (const int64_t size : spec.observation.shape) observations.push_back(size);
  Batch batch;
  batch.observations =
      View(rows.observations.data(), observations, spec.observation.dtype).to(device);
  batch.actions = ActionsOf(spec, B, rows, device);
  batch.log_mu = View(rows.log_mu.data(), {T, B}, DType::kFloat32).to(device);
  FillRows({T, B}, rows, config, reward_factor, &batch);
  for (torch::Tensor* filled : {&batch.rewards, &batch.discounts, &batch.frames}) {
    *filled = filled->to(device);
  }
  if (spec.state_size == 0) return batch;
  batch.first = FirstRows(T, B, rows).to(device);
  batch.initial_state =
      View(rows.initial_state.data(), {B, spec.state_size}, DType::kFloat32).to(device);
  return batch;
}

Moments MomentsOf(const Batch& batch) {
  const torch::Tensor rows = batch.observations.narrow(0, 0, batch.T()).flatten(0, 1);
  return MomentsOf(rows, (batch.frames != 0).flatten());
}

Shard::Shard(std::unique_ptr<Network> network, std::unique_ptr<FlatParameters> parameters,
             const Algorithm* algorithm, const ActionDistribution* distribution)
    : network_(std::move(network)),
      parameters_(std::move(parameters)),
      algorithm_(algorithm),
      distribution_(distribution) {}

void Shard::Accumulate(const Batch& batch, const StepSettings& settings, const Targets* fixed) {
  const NetworkOutput out = network_->Forward(batch.observations, batch.first, batch.initial_state);
  const LossTerms loss = ActorCriticLoss(*algorithm_, *distribution_, settings.costs,
                                         settings.scale, batch, {out.policy, out.value}, fixed);
  loss.total.backward();
  sums_.policy += loss.policy.item<double>();
  sums_.baseline += loss.baseline.item<double>();
  sums_.entropy += loss.entropy.item<double>();
  sums_.total += loss.total.item<double>();
  sums_.frames += batch.frames.sum().item<double>();
}

Targets Shard::ComputeTargets(const Batch& batch) {
  torch::NoGradGuard no_grad;
  const NetworkOutput out = network_->Forward(batch.observations, batch.first, batch.initial_state);
  const torch::Tensor log_prob =
      distribution_->Evaluate(out.policy.narrow(0, 0, batch.T()), batch.actions).log_prob;
  return algorithm_->ComputeTargets(batch, log_prob.contiguous(), out.value.contiguous());
}

ShardSums Shard::TakeSums() { return std::exchange(sums_, ShardSums{}); }

}  // namespace nyala
