#include "common/nn/observations.h"

#include <gtest/gtest.h>

#include "common/nn/observation_statistics.h"

namespace nyala {
namespace {

NetworkConfig Config(int stack, bool normalize) {
  NetworkConfig config;
  config.set_frame_stack(stack);
  config.set_normalize_observations(normalize);
  return config;
}

struct Tested {
  Tested(const NetworkConfig& config, DType dtype, std::vector<int64_t> shape)
      : input(config, {dtype, std::move(shape)}, owner) {}
  torch::nn::Module owner;
  ObservationInput input;
};

TEST(ObservationInput, StacksTheNewestOldestFirstAndRepeatsTheFirstOfAnEpisode) {
  Tested tested(Config(3, false), DType::kFloat32, {1});
  ASSERT_EQ(tested.input.state_size(), 3);
  const torch::Tensor observations = torch::tensor({1.0f, 2.0f, 3.0f, 4.0f, 5.0f}).view({5, 1, 1});
  const torch::Tensor first = torch::tensor({true, false, false, true, false}).view({5, 1});
  const torch::Tensor junk = torch::full({1, 3}, 9.0f);
  const auto out = tested.input.Forward(observations, first, junk);
  const torch::Tensor expected = torch::tensor(
      {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 2.0f, 1.0f, 2.0f, 3.0f, 4.0f, 4.0f, 4.0f, 4.0f, 4.0f, 5.0f});
  EXPECT_TRUE(torch::equal(out.x.view(-1), expected));
  EXPECT_TRUE(torch::equal(out.state, torch::tensor({{4.0f, 5.0f, 1.0f}})));
  // Goes on from the state; zeros start an episode without being told.
  const torch::Tensor next = torch::full({1, 1, 1}, 6.0f);
  const torch::Tensor goes_on = torch::zeros({1, 1}, torch::kBool);
  EXPECT_TRUE(torch::equal(tested.input.Forward(next, goes_on, out.state).x,
                           torch::tensor({{4.0f, 5.0f, 6.0f}})));
  EXPECT_TRUE(torch::equal(tested.input.Forward(next, goes_on, torch::zeros({1, 3})).x,
                           torch::tensor({{6.0f, 6.0f, 6.0f}})));
}

TEST(ObservationInput, StacksAlongTheFirstAxisOrANewOneOfPlainImages) {
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(Tested(Config(4, false), DType::kFloat32, {3}).input.shape(), Shape({12}));
  EXPECT_EQ(Tested(Config(4, false), DType::kUint8, {2, 5, 6}).input.shape(), Shape({8, 5, 6}));
  EXPECT_EQ(Tested(Config(4, false), DType::kUint8, {5, 6}).input.shape(), Shape({4, 5, 6}));
  EXPECT_EQ(Tested(Config(1, false), DType::kUint8, {5, 6}).input.shape(), Shape({5, 6}));
}

TEST(ObservationInput, KeepsBytesExactly) {
  Tested tested(Config(2, false), DType::kUint8, {256});
  const torch::Tensor bytes = torch::arange(256).to(torch::kUInt8).view({1, 1, 256});
  const torch::Tensor first = torch::ones({1, 1}, torch::kBool);
  const auto once = tested.input.Forward(bytes, first, torch::zeros({1, 257}));
  EXPECT_TRUE(torch::equal(once.state.narrow(1, 0, 256), bytes[0].to(torch::kFloat32)));
  const auto again = tested.input.Forward(bytes, ~first, once.state);
  EXPECT_TRUE(torch::equal(again.x.narrow(1, 0, 256), again.x.narrow(1, 256, 256)));
}

TEST(ObservationInput, NormalisesByItsBuffersAndClips) {
  Tested tested(Config(2, true), DType::kFloat32, {2});
  auto buffers = tested.owner.named_buffers();
  buffers["observation_mean"].copy_(torch::tensor({10.0f, -1.0f}));
  buffers["observation_variance"].copy_(torch::tensor({4.0f, 0.0f}));
  const auto out = tested.input.Step(torch::tensor({{14.0f, -2.0f}}), torch::zeros({1, 3}));
  EXPECT_TRUE(torch::allclose(out.x, torch::tensor({{2.0f, -10.0f, 2.0f, -10.0f}})));
  // What is kept is not normalised: statistics change within an episode.
  EXPECT_TRUE(torch::equal(out.state, torch::tensor({{14.0f, -2.0f, 1.0f}})));
}

TEST(Moments, OfShardsMergeToThoseOfAllRows) {
  const torch::Tensor rows = torch::randn({50, 3}) * 5 + 100;
  const Moments all = MomentsOf(rows);
  Moments merged;
  for (const auto& part : rows.split_with_sizes({1, 30, 19})) merged.Merge(MomentsOf(part));
  merged.Merge(Moments());
  ASSERT_EQ(merged.count, 50);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(merged.mean[i], all.mean[i], 1e-9);
    EXPECT_NEAR(merged.sum_squares[i], all.sum_squares[i], 1e-6);
    EXPECT_NEAR(all.mean[i], rows.select(1, i).mean().item<double>(), 1e-4);
    EXPECT_NEAR(all.sum_squares[i] / 49, rows.select(1, i).var().item<double>(), 1e-3);
  }
}

TEST(Moments, LeaveMaskedRowsOutAndTakeBytesAsTheyAre) {
  const torch::Tensor rows = torch::tensor({{0, 255}, {255, 255}, {9, 9}}, torch::kInt32);
  const Moments moments = MomentsOf(rows.to(torch::kUInt8), torch::tensor({true, true, false}));
  EXPECT_EQ(moments.count, 2);
  EXPECT_NEAR(moments.mean[0], 127.5, 1e-6);
  EXPECT_NEAR(moments.mean[1], 255.0, 1e-6);
  EXPECT_NEAR(moments.sum_squares[0], 32512.5, 1e-6);
  EXPECT_EQ(MomentsOf(rows, torch::zeros({3}, torch::kBool)).count, 0);
}

std::unique_ptr<Network> Normalising() {
  EnvSpec env;
  env.observation = {DType::kFloat32, {3}};
  return *MakeNetwork(Config(1, true), env, {2}, 1);
}

TEST(UpdateStatistics, ConvergesToTheStreamsMeanAndVariance) {
  const auto network = Normalising();
  const FlatParameters flat(*network);
  const torch::Tensor trainable = flat.trainable().clone();
  torch::Tensor rows = torch::randn({640, 3}) * torch::tensor({0.5f, 2.0f, 30.0f}) +
                       torch::tensor({0.0f, -7.0f, 1000.0f});
  for (const auto& part : rows.split(64)) UpdateStatistics(flat, MomentsOf(part));
  const auto buffers = network->named_buffers();
  EXPECT_EQ(buffers["observation_count"].item<float>(), 640);
  EXPECT_TRUE(torch::allclose(buffers["observation_mean"], rows.mean(0), 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(buffers["observation_variance"], rows.var(0, false), 1e-3));
  EXPECT_TRUE(torch::equal(flat.trainable(), trainable));
  UpdateStatistics(flat, Moments());
  EXPECT_EQ(buffers["observation_count"].item<float>(), 640);
}

// One unroll of huge numbers made nothing of all others, for the rest of the run.
TEST(UpdateStatistics, LeavesOutWhatIsFarBeyondAllBefore) {
  const auto network = Normalising();
  const FlatParameters flat(*network);
  UpdateStatistics(flat, MomentsOf(torch::randn({2000, 3})));
  torch::Tensor glitch = torch::randn({640, 3});
  glitch[7][1] = 9e9f;
  UpdateStatistics(flat, MomentsOf(glitch));
  const auto buffers = network->named_buffers();
  EXPECT_EQ(buffers["observation_count"].item<float>(), 2000);
  EXPECT_LT(buffers["observation_variance"].max().item<float>(), 2);
  // A hundred times as much is news, and taken.
  UpdateStatistics(flat, MomentsOf(torch::randn({640, 3}) * 100));
  EXPECT_EQ(buffers["observation_count"].item<float>(), 2640);
}

TEST(UpdateStatistics, StaysResponsive) {
  const auto network = Normalising();
  const FlatParameters flat(*network);
  Moments old, fresh;
  old.count = 1e12;
  old.mean = {0, 0, 0};
  old.sum_squares = {1e12, 1e12, 1e12};
  fresh.count = 1e6;
  fresh.mean = {1, 1, 1};
  fresh.sum_squares = {1e6, 1e6, 1e6};
  UpdateStatistics(flat, old);
  UpdateStatistics(flat, fresh);
  const auto buffers = network->named_buffers();
  EXPECT_NEAR(buffers["observation_mean"][0].item<float>(), 0.5, 1e-5);
  EXPECT_NEAR(buffers["observation_variance"][0].item<float>(), 1.25, 1e-5);
  EXPECT_EQ(buffers["observation_count"].item<float>(), 1e6f);
}

}  // namespace
}  // namespace nyala
