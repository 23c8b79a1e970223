#include "common/nn/recurrent/recurrent_core.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/recurrent/recurrent_sequence.h"

namespace nyala {

absl::StatusOr<std::shared_ptr<RecurrentCore>> RecurrentCore::Create(const NetworkConfig& config,
                                                                     int64_t inputs) {
  NYALA_ASSIGN_OR_RETURN(const Core kind, CoreOf(config));
  if (kind == Core::kNone) return std::shared_ptr<RecurrentCore>();
  for (const auto& [field, value] : {std::make_pair("network.core_size", config.core_size()),
                                     std::make_pair("network.core_layers", config.core_layers())}) {
    if (value < 1) {
      return absl::InvalidArgumentError(absl::StrCat(field, " is ", value, "; at least 1"));
    }
  }
  return std::shared_ptr<RecurrentCore>(new RecurrentCore(config, kind, inputs));
}

RecurrentCore::RecurrentCore(const NetworkConfig& config, Core kind, int64_t inputs)
    : lstm_(kind == Core::kLstm), size_(config.core_size()) {
  for (int i = 0; i < config.core_layers(); ++i) {
    AddLayer(i == 0 ? inputs : size_, config);
  }
}

void RecurrentCore::AddLayer(int64_t inputs, const NetworkConfig& config) {
  const std::string suffix = absl::StrCat("_l", layers_.size());
  const int64_t rows = gates() * size_;
  Layer layer;
  layer.input_weight = register_parameter("weight_ih" + suffix, torch::empty({rows, inputs}));
  layer.state_weight = register_parameter("weight_hh" + suffix, torch::empty({rows, size_}));
  layer.input_bias = register_parameter("bias_ih" + suffix, torch::zeros({rows}));
  layer.state_bias = register_parameter("bias_hh" + suffix, torch::zeros({rows}));
  torch::NoGradGuard no_grad;
  if (config.orthogonal_init()) {
    torch::nn::init::orthogonal_(layer.input_weight);
    torch::nn::init::orthogonal_(layer.state_weight);
    if (lstm_) layer.input_bias.narrow(0, size_, size_).fill_(1);
  } else {
    const double bound = 1 / std::sqrt(static_cast<double>(size_));
    for (torch::Tensor* parameter :
         {&layer.input_weight, &layer.state_weight, &layer.input_bias, &layer.state_bias}) {
      parameter->uniform_(-bound, bound);
    }
  }
  if (config.core_memory() > 2) {
    const torch::Tensor keep = torch::empty({size_}).uniform_(1, config.core_memory() - 1).log_();
    // Gates in the order of torch.nn: input, forget, ... and reset, z, ...
    layer.input_bias.narrow(0, size_, size_).copy_(keep);
    if (lstm_) layer.input_bias.narrow(0, 0, size_).copy_(-keep);
  }
  layers_.push_back(layer);
}

torch::Tensor RecurrentCore::Part(const torch::Tensor& state, size_t layer, int64_t part) const {
  return state.narrow(1, (static_cast<int64_t>(layer) * parts() + part) * size_, size_);
}

RecurrentCore::Output RecurrentCore::Forward(torch::Tensor x, const torch::Tensor& first,
                                             const torch::Tensor& state) const {
  const torch::Tensor keep = first.logical_not().to(torch::kFloat32).unsqueeze(2);
  const int64_t last = x.size(0) - 1;
  std::vector<torch::Tensor> after;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const torch::Tensor h = Part(state, i, 0);
    if (lstm_) {
      const torch::Tensor gates =
          torch::linear(x, layer.input_weight, layer.input_bias + layer.state_bias);
      const SequenceOutput out =
          LstmSequence(gates, layer.state_weight, h, Part(state, i, 1), keep);
      x = out.h;
      after.insert(after.end(), {x[last].detach(), out.last_c});
    } else {
      const torch::Tensor gates = torch::linear(x, layer.input_weight, layer.input_bias);
      x = GruSequence(gates, layer.state_weight, layer.state_bias, h, keep).h;
      after.push_back(x[last].detach());
    }
  }
  return {x, torch::cat(after, 1)};
}

RecurrentCore::Output RecurrentCore::Step(torch::Tensor x, const torch::Tensor& state) const {
  std::vector<torch::Tensor> after;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const torch::Tensor gates = torch::linear(x, layer.input_weight, layer.input_bias);
    CellState cell{Part(state, i, 0), {}};
    if (lstm_) {
      cell.c = Part(state, i, 1);
      cell = LstmStep(gates + layer.state_bias, layer.state_weight, cell);
    } else {
      cell = GruStep(gates, layer.state_weight, layer.state_bias, cell);
    }
    x = cell.h;
    after.push_back(cell.h);
    if (lstm_) after.push_back(cell.c);
  }
  return {x, torch::cat(after, 1)};
}

}  // namespace nyala
