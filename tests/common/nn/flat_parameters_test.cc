#include "common/nn/flat_parameters.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

std::unique_ptr<Network> MakeTested(uint64_t seed, int hidden = 8) {
  NetworkConfig config;
  config.add_hidden(hidden);
  EnvSpec env;
  env.observation = {DType::kFloat32, {3}};
  auto made = MakeNetwork(config, env, {2}, seed);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

torch::Tensor ValueOf(Network& network) {
  return network.Forward(torch::ones({2, 2, 3}), {}, {}).value;
}

TEST(FlatParameters, BindingChangesNoOutput) {
  const auto network = MakeTested(1);
  const torch::Tensor before = ValueOf(*network);
  const FlatParameters flat(*network);
  EXPECT_TRUE(torch::equal(before, ValueOf(*network)));
}

TEST(FlatParameters, EntriesCoverTheBufferWithoutGaps) {
  const auto network = MakeTested(1);
  const FlatParameters flat(*network);
  EXPECT_EQ(flat.size(), 3 * 8 + 8 + 8 * 3 + 3);
  int64_t offset = 0;
  for (const auto& entry : flat.entries()) {
    EXPECT_EQ(entry.offset, offset) << entry.name;
    int64_t count = 1;
    for (const int64_t size : entry.shape) count *= size;
    offset += count;
    EXPECT_TRUE(torch::equal(network->named_parameters()[entry.name],
                             flat.values().narrow(0, entry.offset, count).view(entry.shape)));
  }
  EXPECT_EQ(offset, flat.size());
}

std::unique_ptr<Network> MakeNormalising(uint64_t seed) {
  NetworkConfig config;
  config.add_hidden(8);
  config.set_normalize_observations(true);
  EnvSpec env;
  env.observation = {DType::kFloat32, {3}};
  return *MakeNetwork(config, env, {2}, seed);
}

TEST(FlatParameters, BuffersFollowTheParametersAndHaveNoGradients) {
  const auto network = MakeNormalising(1);
  const FlatParameters flat(*network);
  const int64_t parameters = FlatParameters(*MakeTested(1)).size();
  EXPECT_EQ(flat.trainable_size(), parameters);
  EXPECT_EQ(flat.trainable().numel(), parameters);
  EXPECT_EQ(flat.gradients().numel(), parameters);
  EXPECT_EQ(flat.statistics().numel(), 3 + 3 + 1);
  EXPECT_EQ(flat.size(), parameters + 7);
  EXPECT_NE(flat.layout(), FlatParameters(*MakeTested(1)).layout());
  const FlatParameters::Entry& last = flat.entries().back();
  EXPECT_EQ(last.name, "observation_count");
  EXPECT_TRUE(last.buffer);
  EXPECT_FALSE(flat.entries().front().buffer);
  flat.statistics().fill_(4);
  for (const auto& item : network->named_buffers()) {
    EXPECT_TRUE((item.value() == 4).all().item<bool>()) << item.key();
  }
  ValueOf(*network).sum().backward();
  EXPECT_GT(flat.gradients().abs().max().item<float>(), 0.0f);
}

TEST(FlatParameters, BuffersTravelInSnapshotsAndAreSharedByShards) {
  const auto one = MakeNormalising(1), other = MakeNormalising(2), actor = MakeNormalising(3);
  const FlatParameters flat(*one);
  const FlatParameters shared(*other, flat);
  FlatParameters acting(*actor);
  flat.View(flat.entries()[flat.entries().size() - 3]).fill_(2);  // the mean
  EXPECT_TRUE(torch::equal(ValueOf(*one), ValueOf(*other)));
  ASSERT_TRUE(acting.Load(flat.Snapshot(1, 0)).ok());
  EXPECT_TRUE(torch::equal(ValueOf(*one), ValueOf(*actor)));
  EXPECT_EQ(actor->named_buffers()["observation_mean"][0].item<float>(), 2);
}

TEST(FlatParameters, WritingValuesChangesTheNetwork) {
  const auto network = MakeTested(1);
  const FlatParameters flat(*network);
  flat.values().zero_();
  EXPECT_EQ(ValueOf(*network).abs().max().item<float>(), 0.0f);
}

TEST(FlatParameters, BackwardAddsIntoGradients) {
  const auto network = MakeTested(1);
  const FlatParameters flat(*network);
  const float* const buffer = flat.gradients().data_ptr<float>();
  ValueOf(*network).sum().backward();
  const torch::Tensor once = flat.gradients().clone();
  EXPECT_GT(once.abs().max().item<float>(), 0.0f);
  ValueOf(*network).sum().backward();
  EXPECT_TRUE(torch::allclose(flat.gradients(), once * 2));
  // Still views of the one buffer.
  EXPECT_EQ(flat.gradients().data_ptr<float>(), buffer);
  flat.gradients().zero_();
  for (const auto& parameter : network->parameters()) {
    EXPECT_EQ(parameter.grad().abs().max().item<float>(), 0.0f);
  }
}

TEST(FlatParameters, SharedNetworksHaveOneSetOfValuesAndTheirOwnGradients) {
  const auto one = MakeTested(1);
  const auto other = MakeTested(2);
  const FlatParameters flat(*one);
  const FlatParameters shared(*other, flat);
  EXPECT_TRUE(torch::equal(ValueOf(*one), ValueOf(*other)));
  flat.values().mul_(0.5);
  EXPECT_TRUE(torch::equal(ValueOf(*one), ValueOf(*other)));
  ValueOf(*other).sum().backward();
  EXPECT_EQ(flat.gradients().abs().max().item<float>(), 0.0f);
  EXPECT_GT(shared.gradients().abs().max().item<float>(), 0.0f);
  EXPECT_EQ(shared.layout(), flat.layout());
}

TEST(FlatParametersDeathTest, NetworksOfDifferentShapesCannotShare) {
  const auto one = MakeTested(1, 8);
  const auto other = MakeTested(1, 9);
  const FlatParameters flat(*one);
  EXPECT_DEATH(FlatParameters(*other, flat), "built differently");
}

TEST(FlatParameters, SnapshotsRoundTrip) {
  const auto one = MakeTested(1);
  const auto other = MakeTested(2);
  const FlatParameters from(*one);
  FlatParameters to(*other);
  ASSERT_FALSE(torch::equal(ValueOf(*one), ValueOf(*other)));
  const ParameterSnapshot snapshot = from.Snapshot(17, 0);
  EXPECT_EQ(snapshot.version, 17u);
  EXPECT_EQ(snapshot.layout, from.layout());
  ASSERT_TRUE(to.Load(snapshot).ok());
  EXPECT_TRUE(torch::equal(ValueOf(*one), ValueOf(*other)));
  EXPECT_TRUE(torch::equal(from.values(), to.values()));
}

TEST(FlatParameters, SnapshotsAreCopies) {
  const auto network = MakeTested(1);
  const FlatParameters flat(*network);
  const ParameterSnapshot snapshot = flat.Snapshot(1, 0);
  const float before = snapshot.values[0];
  flat.values().add_(1.0);
  EXPECT_EQ(snapshot.values[0], before);
}

TEST(FlatParameters, AnotherLayoutIsRefusedAndChangesNothing) {
  const auto one = MakeTested(1, 8);
  const auto other = MakeTested(1, 9);
  FlatParameters flat(*one);
  const torch::Tensor before = flat.values().clone();
  const FlatParameters wider(*other);
  EXPECT_NE(flat.layout(), wider.layout());
  EXPECT_EQ(flat.Load(wider.Snapshot(1, 0)).code(), absl::StatusCode::kFailedPrecondition);
  ParameterSnapshot forged = flat.Snapshot(1, 0);
  forged.values.pop_back();
  EXPECT_EQ(flat.Load(forged).code(), absl::StatusCode::kFailedPrecondition);
  ParameterSnapshot renamed = flat.Snapshot(1, 0);
  ++renamed.layout;
  EXPECT_EQ(flat.Load(renamed).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(torch::equal(flat.values(), before));
}

}  // namespace
}  // namespace nyala
