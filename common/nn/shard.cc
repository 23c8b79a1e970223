#include "common/nn/shard.h"

#include <algorithm>
#include <utility>

#include "common/nn/scalar_type.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

torch::Tensor View(void* data, std::vector<int64_t> shape, DType dtype) {
  return torch::from_blob(data, shape, ScalarTypeOf(dtype));
}

}  // namespace

Shard::Shard(std::unique_ptr<Network> network, std::unique_ptr<FlatParameters> parameters,
             const Algorithm* algorithm, const ActionDistribution* distribution,
             const AlgorithmConfig& config, torch::Device device)
    : network_(std::move(network)),
      parameters_(std::move(parameters)),
      algorithm_(algorithm),
      distribution_(distribution),
      discount_(static_cast<float>(config.discount())),
      reward_scale_(static_cast<float>(config.reward_scale())),
      reward_clip_(static_cast<float>(config.reward_clip())),
      device_(device) {}

Batch Shard::MakeBatch(const UnrollSpec& spec, Tile& tile) {
  const int64_t T = spec.T;
  const int64_t B = tile.columns;
  const size_t rows = tile.flags.size();
  discounts_.resize(rows);
  frames_.resize(rows);
  rewards_.resize(rows);
  for (size_t i = 0; i < rows; ++i) {
    discounts_[i] = RowDiscount(tile.flags[i], discount_);
    frames_[i] = RowIsFrame(tile.flags[i]) ? 1.0f : 0.0f;
    const float reward = RowIsFrame(tile.flags[i]) ? tile.rewards[i] * reward_scale_ : 0.0f;
    rewards_[i] = reward_clip_ > 0 ? std::clamp(reward, -reward_clip_, reward_clip_) : reward;
  }

  std::vector<int64_t> observation_shape{T + 1, B};
  for (const int64_t size : spec.observation.shape) observation_shape.push_back(size);
  std::vector<int64_t> action_shape{T, B};
  const bool discrete = spec.action.kind == ActionSpec::Kind::kDiscrete;
  if (!discrete) action_shape.push_back(spec.action.n);

  Batch batch;
  batch.observations =
      View(tile.observations.data(), observation_shape, spec.observation.dtype).to(device_);
  batch.actions = View(tile.actions.data(), action_shape, spec.action.dtype()).to(device_);
  if (discrete) batch.actions = batch.actions.to(torch::kInt64);
  const auto scalars = [&](std::vector<float>& data) {
    return View(data.data(), {T, B}, DType::kFloat32).to(device_);
  };
  batch.log_mu = scalars(tile.log_mu);
  batch.rewards = scalars(rewards_);
  batch.discounts = scalars(discounts_);
  batch.frames = scalars(frames_);
  if (spec.state_size == 0) return batch;

  torch::Tensor first = torch::empty({T + 1, B}, torch::kBool);
  bool* starts = first.data_ptr<bool>();
  for (size_t i = 0; i < rows; ++i) starts[i] = (tile.flags[i] & kRowFirst) != 0;
  for (int64_t b = 0; b < B; ++b) {
    starts[T * B + b] = NextRowIsFirst(tile.flags[(T - 1) * B + b]);
  }
  batch.first = first.to(device_);
  batch.initial_state =
      View(tile.initial_state.data(), {B, spec.state_size}, DType::kFloat32).to(device_);
  return batch;
}

void Shard::Accumulate(const UnrollSpec& spec, Tile& tile, const StepSettings& settings) {
  const Batch batch = MakeBatch(spec, tile);
  const NetworkOutput out = network_->Forward(batch.observations, batch.first, batch.initial_state);
  const LossTerms loss = ActorCriticLoss(*algorithm_, *distribution_, settings.costs,
                                         settings.scale, batch, {out.policy, out.value});
  loss.total.backward();
  sums_.policy += loss.policy.item<double>();
  sums_.baseline += loss.baseline.item<double>();
  sums_.entropy += loss.entropy.item<double>();
  sums_.total += loss.total.item<double>();
}

ShardSums Shard::TakeSums() { return std::exchange(sums_, ShardSums{}); }

}  // namespace nyala
