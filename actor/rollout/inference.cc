#include "actor/rollout/inference.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/flat_parameters.h"
#include "common/nn/network.h"
#include "common/nn/scalar_type.h"
#include "common/nn/torch_threads.h"
#include "common/rl/distributions/distribution.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

class LocalInference : public Inference {
 public:
  LocalInference(const EnvSpec& env, bool greedy, std::unique_ptr<ActionDistribution> distribution,
                 std::unique_ptr<Network> network)
      : greedy_(greedy),
        action_bytes_(env.action.bytes()),
        observation_options_(ScalarTypeOf(env.observation.dtype)),
        distribution_(std::move(distribution)),
        transforms_(distribution_->transforms_actions()),
        network_(std::move(network)),
        parameters_(*network_),
        state_size_(network_->state_size()),
        sizes_{1, 0} {
    sizes_.insert(sizes_.end(), env.observation.shape.begin(), env.observation.shape.end());
    network_->eval();
  }

  int64_t state_size() const override { return state_size_; }

  absl::Status Load(const ParameterSnapshot& snapshot) override {
    return parameters_.Load(snapshot);
  }

  absl::Status Act(const ActRow& row) override {
    // The number of threads is a property of the calling thread.
    thread_local const bool one_thread = (UseOneTorchThread(), true);
    static_cast<void>(one_thread);
    try {
      return ActOrThrow(row);
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("inference failed: ", error.what()));
    }
  }

 private:
  absl::Status ActOrThrow(const ActRow& row) {
    c10::InferenceMode no_gradients;
    sizes_[1] = row.E;
    const torch::Tensor observations =
        torch::from_blob(const_cast<uint8_t*>(row.observations), sizes_, observation_options_);
    torch::Tensor first, state;
    if (state_size_ > 0) {
      first_.resize(row.E);
      std::transform(row.flags, row.flags + row.E, first_.begin(),
                     [](uint8_t flags) { return (flags & kRowFirst) != 0 ? 1 : 0; });
      first = torch::from_blob(first_.data(), {1, row.E}, torch::kBool);
      state = torch::from_blob(row.state, {row.E, state_size_}, torch::kFloat32);
    }
    const NetworkOutput output = network_->Forward(observations, first, state);
    // Rows of a head that shares its layer with the value lie apart in memory.
    const torch::Tensor head = output.policy.select(0, 0);
    if (head.stride(1) != 1) return Choose(row, head.contiguous(), output.state);
    return Choose(row, head, output.state);
  }

  absl::Status Choose(const ActRow& row, const torch::Tensor& head, const torch::Tensor& state) {
    const float* outputs = head.data_ptr<float>();
    const int64_t stride = head.stride(0);
    float sum = 0;
    for (int64_t e = 0; e < row.E; ++e) {
      void* const action = row.actions + e * action_bytes_;
      if (greedy_) {
        distribution_->Greedy(outputs + e * stride, action);
        row.log_mu[e] = 0;
        sum = std::accumulate(outputs + e * stride, outputs + e * stride + head.size(1), sum);
      } else {
        row.log_mu[e] = distribution_->Sample(outputs + e * stride, row.keys[e], action);
        sum += row.log_mu[e];
      }
      void* const played = row.environment_actions + e * action_bytes_;
      if (transforms_) {
        distribution_->ToEnvironment(action, played);
      } else if (played != action) {
        std::memcpy(played, action, action_bytes_);
      }
    }
    if (!std::isfinite(sum)) return absl::InternalError("the policy's outputs are not finite");
    if (state_size_ > 0) {
      const torch::Tensor next = state.contiguous();
      std::copy_n(next.data_ptr<float>(), row.E * state_size_, row.state);
    }
    return absl::OkStatus();
  }

  const bool greedy_;
  const int64_t action_bytes_;
  const torch::TensorOptions observation_options_;
  const std::unique_ptr<ActionDistribution> distribution_;
  const bool transforms_;
  const std::unique_ptr<Network> network_;
  FlatParameters parameters_;
  const int64_t state_size_;
  std::vector<int64_t> sizes_;  // [1, E, ...]
  std::vector<uint8_t> first_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Inference>> MakeLocalInference(const RunConfig& config,
                                                              const EnvSpec& env, bool greedy) {
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<ActionDistribution> distribution,
                         MakeDistribution(config.policy(), env.action));
  // The weights are replaced before the first action.
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<Network> built,
                         MakeNetwork(config.network(), env, HeadOf(*distribution), 0));
  return std::make_unique<LocalInference>(env, greedy, std::move(distribution), std::move(built));
}

}  // namespace nyala
