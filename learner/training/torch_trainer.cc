#include "learner/training/torch_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "absl/strings/str_format.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/rl/schedule.h"
#include "common/system/log.h"
#include "learner/training/frame_dealer.h"

namespace nyala {
namespace {

NamedTensor ToNamed(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.detach().cpu().contiguous().to(torch::kFloat32);
  const float* data = host.data_ptr<float>();
  return {name, host.sizes().vec(), std::vector<float>(data, data + host.numel())};
}

absl::Status CopyNamed(const std::vector<NamedTensor>& tensors, const std::string& name,
                       torch::Tensor target) {
  torch::NoGradGuard no_grad;
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name != name) continue;
    if (tensor.shape != target.sizes().vec()) break;
    target.copy_(torch::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape));
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("the checkpoint has no tensor '%s' of the run's shape", name));
}

uint64_t FramesOf(const std::vector<Batch>& batches, const std::vector<int64_t>& indices) {
  double frames = 0;
  for (const int64_t i : indices) frames += batches[i].frames.sum().item<double>();
  return static_cast<uint64_t>(frames);
}

std::vector<int64_t> Indices(size_t count) {
  std::vector<int64_t> indices(count);
  std::iota(indices.begin(), indices.end(), int64_t{0});
  return indices;
}

}  // namespace

TorchTrainer::TorchTrainer(const Options& options, torch::Device device,
                           std::unique_ptr<ActionDistribution> distribution,
                           std::unique_ptr<Algorithm> algorithm)
    : config_(options.config),
      env_(options.env),
      device_(device),
      distribution_(std::move(distribution)),
      algorithm_(std::move(algorithm)),
      reward_scale_(config_.algorithm().discount()),
      threads_(options.shards) {}

absl::Status TorchTrainer::Init(const Options& options) {
  for (int i = 0; i < options.shards; ++i) {
    NYALA_ASSIGN_OR_RETURN(
        auto network, MakeNetwork(config_.network(), env_, HeadOf(*distribution_), config_.seed()));
    network->to(device_);
    auto flat = i == 0 ? std::make_unique<FlatParameters>(*network)
                       : std::make_unique<FlatParameters>(*network, shards_[0]->flat());
    shards_.push_back(std::make_unique<Shard>(std::move(network), std::move(flat), algorithm_.get(),
                                              distribution_.get()));
    if (i == 0 && options.check_parameters) {
      NYALA_RETURN_IF_ERROR(options.check_parameters(parameters()));
    }
  }
  if (config_.algorithm().shuffle_frames() && shards_[0]->network().state_size() > 0) {
    return absl::InvalidArgumentError(
        "algorithm.shuffle_frames is true but the network remembers (a recurrent core, a stack of "
        "frames), so its frames cannot be learnt from out of their order; set "
        "algorithm.shuffle_frames=false");
  }
  if (algorithm_->fixed_targets() && config_.algorithm().target_period() > 1) {
    target_values_ = flat().values().clone();
  }
  NYALA_ASSIGN_OR_RETURN(optimizer_, Optimizers().Create(config_.optimizer().name(),
                                                         config_.optimizer(), flat().trainable()));
  return absl::OkStatus();
}

UnrollSpec TorchTrainer::unroll_spec() const {
  UnrollSpec spec;
  spec.T = config_.batch().unroll_length();
  spec.observation = env_.observation;
  spec.action = env_.action;
  spec.state_size = shards_[0]->network().state_size();
  return spec;
}

absl::StatusOr<StepStats> TorchTrainer::Step(Slab& slab, uint64_t frames_before) {
  StepStats stats;
  try {
    if (!slab.gradient.empty()) {
      NYALA_RETURN_IF_ERROR(StepOnGradient(slab, frames_before, &stats));
      return stats;
    }
    stats.frames = slab.CountFrames();
    // Nothing is learnt from members that left or whose unrolls were refused, not even by momentum.
    if (stats.frames == 0) return stats;
    const std::vector<Batch> batches = MakeBatches(slab);
    algorithm_->BeginBatch(batches);
    if (algorithm_->fixed_targets()) {
      NYALA_RETURN_IF_ERROR(StepInParts(batches, frames_before, &stats));
    } else {
      const std::vector<int64_t> all = Indices(batches.size());
      NYALA_RETURN_IF_ERROR(
          StepOn(batches, all, FramesOf(batches, all), nullptr, frames_before, &stats));
    }
    // After the step: the batch was acted under the statistics as they were.
    if (config_.network().normalize_observations() && stats.skipped_steps == 0) {
      UpdateObservationStatistics(slab, batches);
    }
  } catch (const c10::Error& error) {
    return absl::InternalError(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
  return stats;
}

std::vector<Batch> TorchTrainer::MakeBatches(Slab& slab) {
  if (config_.algorithm().normalize_rewards()) reward_scale_.Update(slab);
  std::vector<Batch> batches(slab.tiles().size());
  threads_.Run([&](int index) {
    for (size_t i = index; i < batches.size(); i += shards_.size()) {
      batches[i] = MakeBatch(slab.spec(), slab.tiles()[i].columns, slab.tiles()[i],
                             config_.algorithm(), reward_scale_.factor(), device_);
    }
  });
  return batches;
}

void TorchTrainer::UpdateObservationStatistics(Slab& slab, const std::vector<Batch>& batches) {
  std::vector<Moments> of_tiles(batches.size());
  threads_.Run([&](int index) {
    for (size_t i = index; i < batches.size(); i += shards_.size()) {
      // Replayed columns come last; they were counted when they were new.
      const Tile& tile = slab.tiles()[i];
      const int64_t fresh = std::clamp<int64_t>(
          slab.columns() - slab.replayed_columns - tile.first_column, 0, tile.columns);
      if (fresh == 0) continue;
      Batch rows = batches[i];
      rows.observations = rows.observations.narrow(1, 0, fresh);
      rows.frames = rows.frames.narrow(1, 0, fresh);
      of_tiles[i] = MomentsOf(rows);
    }
  });
  // In the order of the tiles, whatever finished first.
  Moments all;
  for (const Moments& tile : of_tiles) all.Merge(tile);
  UpdateStatistics(flat(), all);
}

int64_t TorchTrainer::gradient_values() const {
  const bool moments = config_.network().normalize_observations();
  return parameters() + (moments ? 2 * env_.observation.elements() : 0);
}

absl::Status TorchTrainer::StepOn(const std::vector<Batch>& batches,
                                  const std::vector<int64_t>& indices, uint64_t frames,
                                  const std::vector<Targets>* fixed, uint64_t frames_before,
                                  StepStats* stats) {
  const StepSettings settings = SettingsFor(config_, frames, frames_before);
  threads_.Run([&](int index) {
    shards_[index]->flat().gradients().zero_();
    for (size_t i = index; i < indices.size(); i += shards_.size()) {
      const int64_t tile = indices[i];
      shards_[index]->Accumulate(batches[tile], settings, fixed ? &(*fixed)[tile] : nullptr);
    }
  });
  SumShards(stats);
  return Apply(frames_before, stats);
}

absl::Status TorchTrainer::StepInParts(const std::vector<Batch>& batches, uint64_t frames_before,
                                       StepStats* stats) {
  LearningRows rows{batches, ComputeTargets(batches)};
  algorithm_->FinishTargets(rows.batches, absl::MakeSpan(rows.targets));
  auto parts = static_cast<size_t>(config_.algorithm().minibatches());
  const bool shuffle_frames = config_.algorithm().shuffle_frames() && parts > 1;
  std::optional<FrameDealer> dealer;
  if (shuffle_frames) dealer.emplace(rows);
  std::vector<int64_t> order = Indices(dealer ? dealer->rows() : batches.size());
  parts = std::min(parts, order.size());
  std::vector<int64_t> tiles = order;
  if (dealer) tiles = Indices(ShuffledTiles(order.size(), parts));
  for (int epoch = 0; epoch < config_.algorithm().epochs(); ++epoch) {
    if (parts > 1) Shuffle(frames_before, epoch, dealer ? &order : &tiles);
    if (dealer) rows = dealer->Deal(order, tiles.size());
    for (size_t part = 0; part < parts; ++part) {
      const std::vector<int64_t> indices(tiles.begin() + part * tiles.size() / parts,
                                         tiles.begin() + (part + 1) * tiles.size() / parts);
      // Columns of an actor that left are masked: a step on nothing would move by momentum.
      const uint64_t frames = FramesOf(rows.batches, indices);
      if (frames == 0) continue;
      StepStats step;
      NYALA_RETURN_IF_ERROR(
          StepOn(rows.batches, indices, frames, &rows.targets, frames_before, &step));
      // What is reported is of the last part; the losses of all parts are alike.
      step.frames = stats->frames;
      if (step.skipped_steps == 0) step.why_skipped = stats->why_skipped;
      step.skipped_steps += stats->skipped_steps;
      *stats = step;
    }
  }
  return absl::OkStatus();
}

size_t TorchTrainer::ShuffledTiles(size_t rows, size_t parts) const {
  const size_t pieces = parts * shards_.size();
  const size_t most = pieces * static_cast<size_t>(config_.batch().tile_rows());
  return std::min(rows, pieces * ((rows + most - 1) / most));
}

void TorchTrainer::Shuffle(uint64_t frames_before, int epoch, std::vector<int64_t>* order) const {
  for (size_t i = order->size(); i > 1; --i) {
    const uint64_t drawn =
        RandomBits(config_.seed(), frames_before, static_cast<uint64_t>(epoch) << 32 | i,
                   RandomPurpose::kShuffle);
    std::swap((*order)[i - 1], (*order)[drawn % i]);
  }
}

std::vector<Targets> TorchTrainer::ComputeTargets(const std::vector<Batch>& batches) {
  torch::NoGradGuard no_grad;
  torch::Tensor newest;
  if (target_values_.defined()) {
    const double age = target_age_.item<double>();
    if (age == 0) target_values_.copy_(flat().values());
    target_age_.fill_(std::fmod(age + 1, config_.algorithm().target_period()));
    newest = flat().values().clone();
    flat().values().copy_(target_values_);
  }
  std::vector<Targets> targets(batches.size());
  threads_.Run([&](int index) {
    for (size_t i = index; i < batches.size(); i += shards_.size()) {
      targets[i] = shards_[index]->ComputeTargets(batches[i]);
    }
  });
  if (newest.defined()) flat().values().copy_(newest);
  return targets;
}

absl::Status TorchTrainer::StepOnGradient(const Slab& slab, uint64_t frames_before,
                                          StepStats* stats) {
  torch::NoGradGuard no_grad;
  const double per_frame = 1.0 / std::max<double>(1, static_cast<double>(slab.facts.frames));
  stats->frames = slab.facts.frames;
  stats->policy_loss = slab.facts.policy_loss * per_frame;
  stats->baseline_loss = slab.facts.baseline_loss * per_frame;
  stats->entropy = slab.facts.entropy * per_frame;
  stats->total_loss = slab.facts.total_loss;
  const torch::Tensor gradients = flat().gradients();
  gradients.copy_(torch::from_blob(const_cast<float*>(slab.gradient.data()), gradients.sizes()));
  NYALA_RETURN_IF_ERROR(Apply(frames_before, stats));
  if (config_.network().normalize_observations() && stats->skipped_steps == 0) {
    const auto moments = absl::MakeConstSpan(slab.gradient).subspan(parameters());
    UpdateStatistics(flat(), MomentsFrom(static_cast<double>(slab.facts.frames), moments));
  }
  return absl::OkStatus();
}

// In the order of the shards, whatever finished first.
void TorchTrainer::SumShards(StepStats* stats) {
  torch::NoGradGuard no_grad;
  torch::Tensor gradients = flat().gradients();
  double policy = 0, baseline = 0, entropy = 0;
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (i > 0) gradients.add_(shards_[i]->flat().gradients());
    const ShardSums sums = shards_[i]->TakeSums();
    policy += sums.policy;
    baseline += sums.baseline;
    entropy += sums.entropy;
    stats->total_loss += sums.total;
    stats->rows += sums.frames;
  }
  const double per_frame = 1.0 / std::max(1.0, stats->rows);
  stats->policy_loss = policy * per_frame;
  stats->baseline_loss = baseline * per_frame;
  stats->entropy = entropy * per_frame;
}

absl::Status TorchTrainer::Apply(uint64_t frames_before, StepStats* stats) {
  const OptimizerConfig& config = config_.optimizer();
  torch::Tensor gradients = flat().gradients();
  stats->gradient_norm = ClipGlobalNorm(gradients, config.clip_norm());
  if (!std::isfinite(stats->gradient_norm) || !std::isfinite(stats->total_loss)) {
    ++stats->skipped_steps;
    stats->why_skipped = absl::StrFormat(
        "the loss is %g (policy %g, baseline %g, entropy %g per frame) and the gradient's norm "
        "is %g",
        stats->total_loss, stats->policy_loss, stats->baseline_loss, stats->entropy,
        stats->gradient_norm);
    return absl::OkStatus();
  }
  stats->learning_rate = LearningRateAt(config_, frames_before);
  optimizer_->Step(flat().trainable(), gradients, stats->learning_rate);
  if (!std::isfinite(flat().values().sum().item<double>())) {
    return absl::InternalError(absl::StrFormat(
        "a parameter is NaN or infinite after a step with learning rate %g and gradient norm %g",
        stats->learning_rate, stats->gradient_norm));
  }
  return absl::OkStatus();
}

TorchTrainer::NamedState TorchTrainer::State() const {
  NamedState state;
  for (const auto& [name, tensor] : optimizer_->State()) state.emplace_back(name, tensor);
  for (const auto& [name, tensor] : algorithm_->State()) {
    state.emplace_back("algorithm." + name, tensor);
  }
  if (target_values_.defined()) {
    state.emplace_back("target.values", target_values_);
    state.emplace_back("target.age", target_age_);
  }
  return state;
}

std::vector<NamedTensor> TorchTrainer::ModelTensors() const {
  std::vector<NamedTensor> tensors;
  for (const auto& entry : flat().entries()) {
    tensors.push_back(ToNamed(entry.name, flat().View(entry)));
  }
  return tensors;
}

std::vector<NamedTensor> TorchTrainer::OptimizerTensors() const {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : State()) tensors.push_back(ToNamed(name, tensor));
  if (config_.algorithm().normalize_rewards()) {
    tensors.push_back({"reward_scale", {3}, reward_scale_.Save()});
  }
  return tensors;
}

absl::Status TorchTrainer::Restore(const std::vector<NamedTensor>& model,
                                   const std::vector<NamedTensor>& optimizer) {
  for (const auto& entry : flat().entries()) {
    NYALA_RETURN_IF_ERROR(CopyNamed(model, entry.name, flat().View(entry)));
  }
  // What another optimizer, or another setting of it, has not left starts anew.
  for (const auto& [name, tensor] : State()) {
    if (!CopyNamed(optimizer, name, tensor).ok()) {
      Log("the checkpoint has no '%s' for this configuration: it starts anew", name);
    }
  }
  if (config_.algorithm().normalize_rewards()) {
    torch::Tensor scale = torch::empty({3});
    if (CopyNamed(optimizer, "reward_scale", scale).ok()) {
      reward_scale_.Restore(
          std::vector<float>(scale.data_ptr<float>(), scale.data_ptr<float>() + 3));
    } else {
      Log("the checkpoint has no 'reward_scale' for this configuration: it starts anew");
    }
  }
  return absl::OkStatus();
}

}  // namespace nyala
