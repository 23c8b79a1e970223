#include "common/rl/choices.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

TEST(Choices, DefaultsAreAmongThem) { EXPECT_EQ(CheckChoices(RunConfig()), absl::OkStatus()); }

TEST(Choices, NamesAreThoseOfTheSchema) {
  NetworkConfig network;
  network.set_core("gru");
  network.set_activation("elu");
  EXPECT_EQ(CoreOf(network).value(), Core::kGru);
  EXPECT_EQ(ActivationOf(network).value(), Activation::kElu);
  AlgorithmConfig algorithm;
  algorithm.set_correction("one_step_is");
  algorithm.set_baseline("average");
  EXPECT_EQ(CorrectionOf(algorithm).value(), Correction::kOneStep);
  EXPECT_EQ(BaselineOf(algorithm).value(), Baseline::kAverage);
  PolicyConfig policy;
  policy.set_log_sigma("state");
  EXPECT_EQ(LogSigmaOf(policy).value(), LogSigma::kState);
}

TEST(Choices, AnUnknownNameIsSaidWithItsField) {
  RunConfig config;
  config.mutable_network()->set_core("lsmt");
  EXPECT_EQ(CheckChoices(config),
            absl::InvalidArgumentError("network.core: unknown core 'lsmt'; did you mean 'lstm'?"));
}

}  // namespace
}  // namespace nyala
