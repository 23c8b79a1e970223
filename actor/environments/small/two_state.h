// TwoState: a Markov decision process small enough for its values to be known exactly.
//
// States 0 ("poor") and 1 ("rich"), actions 0 ("stay") and 1 ("switch"). An action does what it
// says with probability 0.9 and the contrary with probability 0.1. Rewards depend on the state and
// on the action:
//
//              stay   switch
//   poor          0       -1
//   rich         +1       +2
//
// After every frame the episode terminates with probability 0.05; it starts in either state with
// probability 1/2. Observation: the state as a one-hot float32[2]. Taking the tempting +2 leads to
// poverty: for discounts above about 0.66 the best policy is to switch when poor, stay when rich.
//
// Known values (TwoStateValues, exact up to rounding) for a discount of 0.9:
//   policy                    V(poor)   V(rich)   Q(poor, .)            Q(rich, .)
//   uniform                   2.448276  4.448276  (2.264276, 2.632276)  (4.632276, 4.264276)
//   switch poor / stay rich   3.717241  5.717241  (3.349241, 3.717241)  (5.717241, 5.349241)
#pragma once

#include <array>
#include <memory>

#include "actor/environment.h"

namespace nyala {

struct TwoStateMdp {
  static constexpr double kObey = 0.9;
  static constexpr double kTerminate = 0.05;
  // [state][action]
  static constexpr double kReward[2][2] = {{0.0, -1.0}, {1.0, 2.0}};
};

struct TwoStateValues {
  std::array<double, 2> v;                 // V(state)
  std::array<std::array<double, 2>, 2> q;  // Q(state, action)
};

// True values of the policy that takes action 1 in state s with probability switch_probability[s].
TwoStateValues ComputeTwoStateValues(const std::array<double, 2>& switch_probability,
                                     double discount);

std::unique_ptr<Environment> MakeTwoState();

}  // namespace nyala
