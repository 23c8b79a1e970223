// LectureTwoState: why the best fit of the values need not give the best policy.
//
// Two states, each the start with probability 1/2; two actions; an episode is one frame and its
// reward is the true value of the pair:
//
//            Q(s, a0)   Q(s, a1)
//   s0           1          2
//   s1           3        100
//
// Of the lecture's two predictions, B is far closer to that table in squared error (all of A's
// comes from one entry), yet B's greedy policy is wrong in s0 and A's is optimal. Observation: the
// state as a one-hot float32[2].
#pragma once

#include <array>
#include <memory>

#include "actor/environment.h"

namespace nyala {

// [state][action]
using LectureTable = std::array<std::array<double, 2>, 2>;

constexpr LectureTable kLectureTrueQ = {{{1, 2}, {3, 100}}};
constexpr LectureTable kLecturePredictionA = {{{1, 2}, {4, 50}}};
constexpr LectureTable kLecturePredictionB = {{{2, 1}, {3, 100}}};

// Mean over the four pairs of the squared difference from the true values.
double LectureSquaredError(const LectureTable& prediction);
// Mean return of the policy that takes the action predicted to be better.
double LectureGreedyReturn(const LectureTable& prediction);

std::unique_ptr<Environment> MakeLectureTwoState();

}  // namespace nyala
