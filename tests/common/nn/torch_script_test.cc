#include "common/nn/torch_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "common/nn/export.h"
#include "common/nn/flat_parameters.h"
#include "common/system/file.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kRecurrent[] = R"(
  def state_size(self) -> int:
      return 2
  def forward(self, observations: Tensor, first: Tensor, state: Tensor):
      rows: List[Tensor] = []
      for t in range(observations.size(0)):
          kept = state * first[t].logical_not().unsqueeze(1)
          state = torch.tanh(observations[t] @ self.weight + kept)
          rows.append(state)
      h = torch.stack(rows)
      return torch.cat([h, h[..., :1] * self.inner.scale], 2), h.sum(2) * self.bias, state
)";

class TorchScriptTest : public testing::Test {
 protected:
  // A module with some parameters and this source, saved.
  void Save(const std::string& source) {
    torch::jit::Module inner("Inner", unit_);
    inner.register_parameter("scale", torch::ones({1}, torch::requires_grad()), false);
    torch::jit::Module module("Scripted", unit_);
    torch::manual_seed(5);
    module.register_parameter("weight", torch::randn({3, 2}, torch::requires_grad()), false);
    module.register_buffer("bias", torch::full({1}, 0.5f));
    module.register_attribute("training", c10::BoolType::get(), true);
    inner.register_attribute("training", c10::BoolType::get(), true);
    module.register_module("inner", inner);
    module.define(source);
    module.save(file_);
  }

  absl::StatusOr<std::unique_ptr<Network>> Load() const {
    NetworkConfig config = config_;
    config.set_name("torchscript:" + file_);
    EnvSpec env;
    env.id = "Tested-v0";
    env.observation = {DType::kFloat32, {3}};
    return MakeNetwork(config, env, {3, 0}, 1);
  }

  // The message of the refusal, which names the field and is one line.
  std::string Refusal() const {
    const absl::Status status = Load().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("network."), Not(HasSubstr("\n"))));
    return std::string(status.message());
  }

  std::string RefusalOf(const std::string& source) {
    unit_ = std::make_shared<torch::jit::CompilationUnit>();
    Save(source);
    return Refusal();
  }

  const ScratchDir folder_;
  const std::string file_ = folder_.path() + "/module.pt";
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  NetworkConfig config_;
};

TEST_F(TorchScriptTest, IsLoadedBoundAndDifferentiable) {
  Save(kRecurrent);
  const auto network = *Load();
  EXPECT_EQ(network->state_size(), 2);
  const FlatParameters flat(*network);
  ASSERT_EQ(flat.entries().size(), 3u);
  EXPECT_EQ(flat.entries()[0].name, "weight");
  EXPECT_EQ(flat.entries()[1].name, "inner.scale");
  EXPECT_EQ(flat.entries()[2].name, "bias");
  EXPECT_TRUE(flat.entries()[2].buffer);
  const torch::Tensor x = torch::randn({4, 5, 3});
  const torch::Tensor first = torch::zeros({4, 5}, torch::kBool), state = torch::zeros({5, 2});
  // Some calls, as the interpreter specialises what it runs after the first ones.
  for (int i = 0; i < 4; ++i) {
    const NetworkOutput out = network->Forward(x, first, state);
    EXPECT_EQ(out.state.sizes(), (std::vector<int64_t>{5, 2}));
    flat.gradients().zero_();
    (out.policy.sum() + out.value.sum()).backward();
    EXPECT_GT(flat.gradients().narrow(0, 0, 6).abs().min().item<float>(), 0.0f);
    EXPECT_GT(flat.gradients()[6].abs().item<float>(), 0.0f);
  }
  flat.values().zero_();
  EXPECT_EQ(network->Forward(x, first, state).policy.abs().max().item<float>(), 0.0f);
}

TEST_F(TorchScriptTest, ActsInInferenceMode) {
  Save(kRecurrent);
  const auto network = *Load();
  const FlatParameters flat(*network);
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  std::vector<torch::Tensor> rows;
  for (int i = 0; i < 5; ++i) {
    const c10::InferenceMode guard;
    const torch::Tensor x = torch::from_blob(const_cast<float*>(data.data()), {1, 2, 3});
    rows.push_back(
        network->Forward(x, torch::zeros({1, 2}, torch::kBool), torch::zeros({2, 2})).policy);
    EXPECT_TRUE(torch::equal(rows.front(), rows.back()));
  }
}

TEST_F(TorchScriptTest, CopiesShareValuesAsShardsDo) {
  Save(kRecurrent);
  const auto one = *Load(), other = *Load();
  const FlatParameters flat(*one);
  const FlatParameters shared(*other, flat);
  flat.values().mul_(0.25);
  const torch::Tensor x = torch::randn({2, 3, 3}), first = torch::ones({2, 3}, torch::kBool);
  const torch::Tensor state = torch::zeros({3, 2});
  EXPECT_TRUE(
      torch::equal(one->Forward(x, first, state).policy, other->Forward(x, first, state).policy));
}

TEST_F(TorchScriptTest, IsExportedByRow) {
  Save(kRecurrent);
  const auto network = *Load();
  const FlatParameters flat(*network);
  flat.values().mul_(0.5);
  const auto exported = ExportPolicy(*network, {DType::kFloat32, {3}});
  ASSERT_TRUE(exported.ok()) << exported.status();
  std::istringstream file(*exported);
  torch::jit::Module module = torch::jit::load(file);
  const torch::Tensor x = torch::randn({6, 3}), state = torch::randn({6, 2});
  const auto out = module.forward({x, state}).toTuple();
  const NetworkOutput expected = network->Step(x, state);
  EXPECT_TRUE(torch::allclose(out->elements()[0].toTensor(), expected.policy, 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(out->elements()[2].toTensor(), expected.state, 1e-5, 1e-6));
}

TEST_F(TorchScriptTest, RefusesFilesThatAreNone) {
  EXPECT_THAT(Refusal(), HasSubstr("no such file"));
  ASSERT_TRUE(WriteFile(file_, "not a module").ok());
  EXPECT_THAT(Refusal(), HasSubstr("not a TorchScript file"));
}

TEST_F(TorchScriptTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(RefusalOf(R"(
  def forward(self, x: Tensor):
      return x
)"),
              HasSubstr("its signature is not forward(observations"));
  EXPECT_THAT(RefusalOf(R"(
  def forward(self, x: Tensor, first: Tensor, state: Tensor):
      return x @ self.weight
)"),
              HasSubstr("no tuple of three tensors"));
  EXPECT_THAT(RefusalOf(R"(
  def forward(self, x: Tensor, first: Tensor, state: Tensor):
      return x @ self.weight, (x @ self.weight).sum(2), state
)"),
              HasSubstr("policy as Float[2,3,2] where Float[2,3,3] is wanted"));
  EXPECT_THAT(RefusalOf(R"(
  def forward(self, x: Tensor, first: Tensor, state: Tensor):
      return x * self.inner.scale, x, state
)"),
              HasSubstr("value as Float[2,3,3] where Float[2,3] is wanted"));
  EXPECT_THAT(RefusalOf(R"(
  def forward(self, x: Tensor, first: Tensor, state: Tensor):
      return x, x.sum(2), state
)"),
              HasSubstr("does not depend on any parameter"));
  EXPECT_THAT(RefusalOf(R"(
  def forward(self, x: Tensor, first: Tensor, state: Tensor):
      return x.view([2, 3, 3]) * self.inner.scale, x.sum(2), state
)"),
              HasSubstr("its forward fails for environment 'Tested-v0'"));
}

TEST_F(TorchScriptTest, RefusesWhatTheModuleWouldHaveToDo) {
  Save(kRecurrent);
  config_.set_core("lstm");
  EXPECT_THAT(Refusal(), HasSubstr("set network.core=none"));
  config_.set_core("none");
  config_.set_frame_stack(4);
  EXPECT_THAT(Refusal(), HasSubstr("set network.frame_stack=1"));
  config_.set_frame_stack(1);
  config_.set_normalize_observations(true);
  EXPECT_THAT(Refusal(), HasSubstr("set network.normalize_observations=false"));
}

}  // namespace
}  // namespace nyala
