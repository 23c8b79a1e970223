#include "learner/training/torch_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/rl/schedule.h"
#include "common/system/log.h"
#include "learner/training/frame_dealer.h"

namespace nyala {
namespace {

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
    target_.emplace(flat(), config_.algorithm().target_period());
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
  std::optional<FrameDealer> dealer;
  if (config_.algorithm().shuffle_frames() && config_.algorithm().minibatches() > 1) {
    dealer.emplace(rows);
  }
  MinibatchPlan plan = PlanFor(batches.size(), dealer ? dealer->rows() : 0, frames_before);
  for (int epoch = 0; epoch < config_.algorithm().epochs(); ++epoch) {
    plan.Begin(epoch);
    if (dealer) rows = dealer->Deal(plan.rows(), plan.tiles());
    for (size_t part = 0; part < plan.parts(); ++part) {
      const std::vector<int64_t> indices = plan.Part(part);
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

MinibatchPlan TorchTrainer::PlanFor(size_t tiles, size_t rows, uint64_t frames_before) const {
  MinibatchPlan::Options options;
  options.seed = config_.seed();
  options.frames_before = frames_before;
  options.parts = static_cast<size_t>(config_.algorithm().minibatches());
  options.tiles = tiles;
  options.rows = rows;
  options.tile_rows = static_cast<size_t>(config_.batch().tile_rows());
  options.shards = shards_.size();
  return MinibatchPlan(options);
}

std::vector<Targets> TorchTrainer::ComputeTargets(const std::vector<Batch>& batches) {
  std::vector<Targets> targets(batches.size());
  const auto compute = [&] {
    threads_.Run([&](int index) {
      for (size_t i = index; i < batches.size(); i += shards_.size()) {
        targets[i] = shards_[index]->ComputeTargets(batches[i]);
      }
    });
  };
  if (target_) {
    target_->Under(&flat(), compute);
  } else {
    compute();
  }
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

NamedState TorchTrainer::State() const {
  NamedState state;
  for (const auto& [name, tensor] : optimizer_->State()) state.emplace_back(name, tensor);
  for (const auto& [name, tensor] : algorithm_->State()) {
    state.emplace_back("algorithm." + name, tensor);
  }
  if (!target_) return state;
  for (const auto& [name, tensor] : target_->State()) state.emplace_back(name, tensor);
  return state;
}

std::vector<NamedTensor> TorchTrainer::ModelTensors() const {
  NamedState model;
  for (const auto& entry : flat().entries()) model.emplace_back(entry.name, flat().View(entry));
  return SaveState(model);
}

std::vector<NamedTensor> TorchTrainer::OptimizerTensors() const {
  std::vector<NamedTensor> tensors = SaveState(State());
  if (config_.algorithm().normalize_rewards()) {
    tensors.push_back({"reward_scale", {3}, reward_scale_.Save()});
  }
  return tensors;
}

absl::Status TorchTrainer::Restore(const std::vector<NamedTensor>& model,
                                   const std::vector<NamedTensor>& optimizer) {
  for (const auto& entry : flat().entries()) {
    NYALA_RETURN_IF_ERROR(RestoreTensor(model, entry.name, flat().View(entry)));
  }
  // What another optimizer, or another setting of it, has not left starts anew.
  for (const auto& [name, tensor] : State()) {
    if (!RestoreTensor(optimizer, name, tensor).ok()) {
      Log("the checkpoint has no '%s' for this configuration: it starts anew", name);
    }
  }
  if (config_.algorithm().normalize_rewards()) {
    torch::Tensor scale = torch::empty({3});
    if (RestoreTensor(optimizer, "reward_scale", scale).ok()) {
      reward_scale_.Restore(
          std::vector<float>(scale.data_ptr<float>(), scale.data_ptr<float>() + 3));
    } else {
      Log("the checkpoint has no 'reward_scale' for this configuration: it starts anew");
    }
  }
  return absl::OkStatus();
}

}  // namespace nyala
