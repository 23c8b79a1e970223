#include "actor/environments/small/two_state.h"

#include <gtest/gtest.h>

#include "common/base/random.h"

namespace nyala {
namespace {

void ExpectValues(const TwoStateValues& got, const TwoStateValues& wanted) {
  for (int s = 0; s < 2; ++s) {
    EXPECT_NEAR(got.v[s], wanted.v[s], 1e-6);
    for (int a = 0; a < 2; ++a) EXPECT_NEAR(got.q[s][a], wanted.q[s][a], 1e-6);
  }
}

TEST(TwoState, ValuesAreTheDocumentedOnes) {
  ExpectValues(ComputeTwoStateValues({0.5, 0.5}, 0.9),
               {{2.448276, 4.448276}, {{{2.264276, 2.632276}, {4.632276, 4.264276}}}});
  ExpectValues(ComputeTwoStateValues({1, 0}, 0.9),
               {{3.717241, 5.717241}, {{{3.349241, 3.717241}, {5.717241, 5.349241}}}});
}

TEST(TwoState, ValuesSolveTheBellmanEquations) {
  const std::array<double, 2> policy = {0.3, 0.8};
  const TwoStateValues values = ComputeTwoStateValues(policy, 0.95);
  for (int s = 0; s < 2; ++s) {
    EXPECT_NEAR(values.v[s], (1 - policy[s]) * values.q[s][0] + policy[s] * values.q[s][1], 1e-12);
  }
}

TEST(TwoState, MeanDiscountedReturnIsTheValue) {
  constexpr double kDiscount = 0.9;
  const std::array<double, 2> policy = {0.3, 0.8};
  const TwoStateValues values = ComputeTwoStateValues(policy, kDiscount);
  const auto environment = MakeTwoState();
  double sum[2] = {0, 0};
  int64_t episodes[2] = {0, 0};
  RandomSequence random(11);
  for (uint64_t seed = 0; seed < 100000; ++seed) {
    float x[2];
    environment->Reset(seed, ObservationRef{x});
    const int start = x[1] == 1.0f ? 1 : 0;
    ASSERT_EQ(x[0] + x[1], 1.0f);
    double discount = 1;
    bool terminated = false;
    while (!terminated) {
      const int32_t action = random.Uniform() < policy[x[1] == 1.0f ? 1 : 0] ? 1 : 0;
      const StepResult result = environment->Step(ActionRef{&action}, ObservationRef{x});
      sum[start] += discount * result.reward;
      discount *= kDiscount;
      terminated = result.terminated;
    }
    ++episodes[start];
  }
  // Four standard errors of a return whose standard deviation is below 5.
  for (int s = 0; s < 2; ++s) EXPECT_NEAR(sum[s] / episodes[s], values.v[s], 0.09) << "state " << s;
}

}  // namespace
}  // namespace nyala
