#include "common/nn/actor_critic.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/nn/observations.h"
#include "common/nn/recurrent/recurrent_core.h"
#include "common/nn/torso/layers.h"
#include "common/rl/choices.h"

namespace nyala {
namespace {

class ActorCriticNetwork : public Network {
 public:
  ActorCriticNetwork(const NetworkConfig& config, const EnvSpec& env, const PolicyHead& head)
      : shared_(config.shared_trunk()),
        orthogonal_(config.orthogonal_init()),
        policy_outputs_(head.outputs - head.free),
        input_(config, env.observation, *this) {
    NYALA_CHECK(policy_outputs_ > 0, "a policy that does not depend on the observation");
  }

  absl::Status Init(TorsoFactory* make_torso, const NetworkConfig& config, const EnvSpec& env,
                    const PolicyHead& head) {
    const auto torso = [&](const std::string& prefix) {
      return make_torso({config, input_.shape(), env.id, *this, prefix});
    };
    NYALA_ASSIGN_OR_RETURN(torso_, torso(shared_ ? "" : "policy_"));
    if (shared_) {
      NYALA_ASSIGN_OR_RETURN(core_, RecurrentCore::Create(config, torso_->features()));
      if (core_ != nullptr) register_module("core", core_);
      const int64_t features = core_ != nullptr ? core_->features() : torso_->features();
      head_ = register_module("head", MakeHead(features, policy_outputs_, orthogonal_));
    } else {
      head_ = register_module("policy_head",
                              MakeLinear(torso_->features(), policy_outputs_, orthogonal_, 0.01));
      NYALA_ASSIGN_OR_RETURN(value_torso_, torso("value_"));
      value_head_ =
          register_module("value_head", MakeLinear(value_torso_->features(), 1, orthogonal_, 1.0));
    }
    if (head.free > 0) free_ = register_parameter("head_free", torch::zeros({head.free}));
    return absl::OkStatus();
  }

  int64_t state_size() const override {
    return input_.state_size() + (core_ != nullptr ? core_->state_size() : 0);
  }

  NetworkOutput Forward(const torch::Tensor& observations, const torch::Tensor& first,
                        const torch::Tensor& state) override {
    const int64_t T = observations.size(0), B = observations.size(1);
    ObservationInput::Output input = input_.Forward(observations, first, state);
    const torch::Tensor features = torso_->Forward(input.x);
    torch::Tensor rows = features;
    if (core_ != nullptr) {
      const RecurrentCore::Output core =
          core_->Forward(features.view({T, B, -1}), first, CoreState(state));
      rows = core.h.view({T * B, -1});
      AddState(core.state, &input.state);
    }
    return ToOutput(rows, input, {T, B});
  }

  NetworkOutput Step(const torch::Tensor& observations, const torch::Tensor& state) override {
    ObservationInput::Output input = input_.Step(observations, state);
    torch::Tensor rows = torso_->Forward(input.x);
    if (core_ != nullptr) {
      const RecurrentCore::Output core = core_->Step(rows, CoreState(state));
      rows = core.h;
      AddState(core.state, &input.state);
    }
    return ToOutput(rows, input, {-1});
  }

 private:
  torch::Tensor CoreState(const torch::Tensor& state) const {
    return state.narrow(1, input_.state_size(), core_->state_size());
  }

  static void AddState(const torch::Tensor& of_core, torch::Tensor* state) {
    *state = state->defined() ? torch::cat({*state, of_core}, 1) : of_core;
  }

  // From what comes before the heads, [N, F]; N is `rows` in the outputs.
  NetworkOutput ToOutput(const torch::Tensor& features, const ObservationInput::Output& input,
                         std::vector<int64_t> rows) {
    NetworkOutput output;
    output.state = input.state;
    const torch::Tensor out = head_(features);
    rows.push_back(policy_outputs_ + (shared_ ? 1 : 0));
    output.policy = out.view(rows);
    if (shared_) {
      output.value = output.policy.select(-1, policy_outputs_);
      output.policy = output.policy.narrow(-1, 0, policy_outputs_);
    } else {
      rows.pop_back();
      output.value = value_head_(value_torso_->Forward(input.x)).view(rows);
    }
    if (free_.defined()) {
      // Added to zeros rather than expanded: that needs the number of rows.
      const torch::Tensor zeros = torch::zeros_like(output.value).unsqueeze(-1);
      output.policy = torch::cat({output.policy, zeros + free_}, -1);
    }
    return output;
  }

  const bool shared_, orthogonal_;
  const int64_t policy_outputs_;  // those that depend on the observation
  ObservationInput input_;
  std::unique_ptr<Torso> torso_, value_torso_;
  std::shared_ptr<RecurrentCore> core_;
  torch::nn::Linear head_{nullptr}, value_head_{nullptr};
  torch::Tensor free_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeActorCritic(TorsoFactory* make_torso,
                                                         const NetworkConfig& config,
                                                         const EnvSpec& env,
                                                         const PolicyHead& head) {
  if (config.frame_stack() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.frame_stack is ", config.frame_stack(), "; at least 1"));
  }
  NYALA_ASSIGN_OR_RETURN(const Core core, CoreOf(config));
  if (core != Core::kNone && !config.shared_trunk()) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.core is '", config.core(),
                     "' but network.shared_trunk is false; set network.shared_trunk=true, or "
                     "network.core=none"));
  }
  auto network = std::make_unique<ActorCriticNetwork>(config, env, head);
  NYALA_RETURN_IF_ERROR(network->Init(make_torso, config, env, head));
  return network;
}

}  // namespace nyala
