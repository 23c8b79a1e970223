// Random inputs of V-trace and n-step returns, and both computed slowly from their definitions.
//
// The references know the rows by their flags alone (common/rl/episode_rows.h) and work in double
// precision; discounts and masks, which the code under test works with, are not used by them.
#pragma once

#include <cstdint>
#include <vector>

#include "common/rl/algorithms/vtrace.h"
#include "tests/support/random_unroll.h"

namespace nyala {

struct TargetProblem {
  int64_t T;
  int64_t B;
  float gamma;
  std::vector<uint8_t> flags;
  std::vector<float> log_weights, rewards, discounts, frames;
  std::vector<float> values;  // [T+1, B]

  TargetInputs Inputs() const;
};

// Sets discounts and frames from the flags and `gamma`.
void DeriveFromFlags(TargetProblem* problem);

// `spread` of the log importance weights; 0: on-policy.
TargetProblem RandomProblem(uint64_t seed, int64_t T, int64_t B, double spread,
                            const EpisodeEnds& ends = {});

struct SlowTargets {
  std::vector<double> targets;
  std::vector<double> advantages;
};

// Equation 1 of the IMPALA paper, a sum per row: v_s = V_s + sum_t gamma^(t-s) prod c_i delta_t.
SlowTargets SlowVtrace(const VtraceOptions& options, const TargetProblem& problem);

// G_t = r_t + gamma r_(t+1) + ... + gamma^m V_(t+m), m the least of n, what is left of the unroll
// and what is left of the episode (where a termination leaves no V).
SlowTargets SlowNStepReturns(int64_t n, const TargetProblem& problem);

struct Computed {
  std::vector<float> targets;
  std::vector<float> advantages;
};
Computed RunVtrace(const VtraceOptions& options, const TargetProblem& problem);
Computed RunTensorVtrace(const VtraceOptions& options, const TargetProblem& problem);
Computed RunNStepReturns(int64_t n, const TargetProblem& problem);

// Every element within `tolerance`, relative to its size where that is above 1.
void ExpectClose(const Computed& computed, const SlowTargets& expected, double tolerance = 2e-5);

}  // namespace nyala
