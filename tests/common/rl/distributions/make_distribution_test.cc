#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "common/rl/distributions/distribution.h"

namespace nyala {
namespace {

using Kind = ActionSpec::Kind;

ActionSpec Actions(Kind kind) {
  ActionSpec action;
  action.kind = kind;
  action.n = 2;
  if (kind == Kind::kMultiDiscrete) action.choices = {3, 4};
  if (kind == Kind::kContinuous) {
    action.low = {-1, 0};
    action.high = {1, 5};
  }
  return action;
}

PolicyConfig Named(const std::string& name) {
  PolicyConfig policy;
  policy.set_distribution(name);
  return policy;
}

std::string ErrorOf(const PolicyConfig& policy, const ActionSpec& action) {
  const absl::Status status = MakeDistribution(policy, action).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

int64_t ParametersOf(const PolicyConfig& policy, Kind kind) {
  return (*MakeDistribution(policy, Actions(kind)))->parameters();
}

TEST(MakeDistribution, AutoGoesByTheKindOfAction) {
  EXPECT_EQ(ParametersOf(Named("auto"), Kind::kDiscrete), 2);
  EXPECT_EQ(ParametersOf(Named("auto"), Kind::kMultiDiscrete), 7);
  EXPECT_EQ(ParametersOf(Named("auto"), Kind::kMultiBinary), 2);
  EXPECT_EQ(ParametersOf(Named("auto"), Kind::kContinuous), 4);
}

TEST(MakeDistribution, FreeParametersAreTheLogSigmas) {
  for (const char* name : {"normal", "squashed_normal", "mixture"}) {
    PolicyConfig policy = Named(name);
    policy.set_mixture_components(5);
    const bool mixture = policy.distribution() == "mixture";
    const auto free = *MakeDistribution(policy, Actions(Kind::kContinuous));
    EXPECT_EQ(free->parameters(), mixture ? 5 * (1 + 2 * 2) : 4);
    EXPECT_EQ(free->free_parameters(), mixture ? 10 : 2);
    policy.set_log_sigma("state");
    const auto of_state = *MakeDistribution(policy, Actions(Kind::kContinuous));
    EXPECT_EQ(of_state->parameters(), free->parameters());
    EXPECT_EQ(of_state->free_parameters(), 0);
  }
}

TEST(MakeDistribution, AMismatchNamesTheFieldTheKindAndTheFix) {
  EXPECT_EQ(ErrorOf(Named("categorical"), Actions(Kind::kContinuous)),
            "policy.distribution is 'categorical' but the environment's actions are continuous; "
            "set policy.distribution=normal or =squashed_normal or =mixture");
  EXPECT_EQ(ErrorOf(Named("mixture"), Actions(Kind::kDiscrete)),
            "policy.distribution is 'mixture' but the environment's actions are discrete; set "
            "policy.distribution=categorical");
  EXPECT_EQ(ErrorOf(Named("normal"), Actions(Kind::kMultiBinary)),
            "policy.distribution is 'normal' but the environment's actions are multi-binary; set "
            "policy.distribution=bernoulli");
  EXPECT_EQ(ErrorOf(Named("bernoulli"), Actions(Kind::kMultiDiscrete)),
            "policy.distribution is 'bernoulli' but the environment's actions are multi-discrete; "
            "set policy.distribution=multi_discrete");
}

TEST(MakeDistribution, AnUnknownNameGetsASuggestion) {
  EXPECT_EQ(ErrorOf(Named("categorcal"), Actions(Kind::kDiscrete)),
            "policy.distribution: unknown action distribution 'categorcal'; did you mean "
            "'categorical'?");
}

TEST(MakeDistribution, SquashingNeedsFiniteBounds) {
  ActionSpec action = Actions(Kind::kContinuous);
  action.high[1] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(ErrorOf(Named("squashed_normal"), action),
            "policy.distribution is 'squashed_normal' but the environment's action 1 has the "
            "bounds [0, inf]; set policy.distribution=normal");
  EXPECT_TRUE(MakeDistribution(Named("normal"), action).ok());
}

TEST(MakeDistribution, BadBoundsAndChoicesAreRefused) {
  for (const char* name : {"normal", "squashed_normal", "mixture"}) {
    ActionSpec action = Actions(Kind::kContinuous);
    action.low = {-1};
    EXPECT_EQ(ErrorOf(Named(name), action),
              "the environment gives 1 lower and 2 upper bounds for 2 continuous actions");
    action.low = {-1, 5};
    EXPECT_EQ(ErrorOf(Named(name), action),
              "the environment's bounds of action 1 are [5, 5]; the first must be below the "
              "second");
    action.low[1] = std::nanf("");
    EXPECT_NE(ErrorOf(Named(name), action).find("action 1"), std::string::npos);
  }
  ActionSpec dials = Actions(Kind::kMultiDiscrete);
  dials.choices = {3};
  EXPECT_EQ(ErrorOf(Named("auto"), dials),
            "the environment gives numbers of choices for 1 of its 2 actions");
  dials.choices = {3, 0};
  EXPECT_EQ(ErrorOf(Named("auto"), dials), "an action of the environment has no choices");
  ActionSpec none = Actions(Kind::kDiscrete);
  none.n = 0;
  EXPECT_EQ(ErrorOf(Named("auto"), none), "the environment has no actions");
  none.kind = Kind::kMultiBinary;
  EXPECT_EQ(ErrorOf(Named("auto"), none), "the environment has no actions");
}

// A configuration may come from a peer, unvalidated.
TEST(MakeDistribution, ImpossibleSettingsAreRefused) {
  PolicyConfig policy = Named("mixture");
  policy.set_mixture_components(0);
  EXPECT_EQ(ErrorOf(policy, Actions(Kind::kContinuous)),
            "policy.mixture_components is 0; it must be in [1, 64]");
  policy = Named("normal");
  policy.set_min_sigma(2);
  EXPECT_EQ(ErrorOf(policy, Actions(Kind::kContinuous)),
            "policy.min_sigma is 2 and policy.initial_sigma is 1; set 1e-6 <= policy.min_sigma <= "
            "policy.initial_sigma <= 1e6");
  policy.set_min_sigma(std::nan(""));
  EXPECT_NE(ErrorOf(policy, Actions(Kind::kContinuous)).find("policy.min_sigma"),
            std::string::npos);
}

}  // namespace
}  // namespace nyala
