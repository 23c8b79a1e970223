// Log-densities of policies written straight from their definitions, in double precision and plain
// loops; what tests compare distributions with.
#pragma once

#include <vector>

#include "common/rl/specs.h"
#include "nyala/run_config.pb.h"

namespace nyala {

struct SlowPolicy {
  PolicyConfig policy;
  ActionSpec action;
};

// log pi(action) of one row of head outputs. Actions are the policy's: for "squashed_normal" the u
// of a = tanh(u), with the density of a.
using SlowLogDensity = double (*)(const SlowPolicy& of, const std::vector<double>& head,
                                  const std::vector<double>& action);

double SlowCategorical(const SlowPolicy& of, const std::vector<double>& head,
                       const std::vector<double>& action);
double SlowMultiDiscrete(const SlowPolicy& of, const std::vector<double>& head,
                         const std::vector<double>& action);
double SlowBernoulli(const SlowPolicy& of, const std::vector<double>& head,
                     const std::vector<double>& action);
double SlowNormal(const SlowPolicy& of, const std::vector<double>& head,
                  const std::vector<double>& action);
double SlowSquashedNormal(const SlowPolicy& of, const std::vector<double>& head,
                          const std::vector<double>& action);
double SlowMixture(const SlowPolicy& of, const std::vector<double>& head,
                   const std::vector<double>& action);

}  // namespace nyala
