#include "tests/common/rl/algorithms/target_problem.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

bool IsFinal(const TargetProblem& problem, int64_t t, int64_t b) {
  return (problem.flags[t * problem.B + b] & kRowFinal) != 0;
}
bool Terminates(const TargetProblem& problem, int64_t t, int64_t b) {
  return (problem.flags[t * problem.B + b] & kRowTerminated) != 0;
}
bool Truncates(const TargetProblem& problem, int64_t t, int64_t b) {
  return (problem.flags[t * problem.B + b] & kRowTruncated) != 0;
}
// The last row of the unroll that belongs to the episode of frame (s, b).
int64_t LastFrame(const TargetProblem& problem, int64_t s, int64_t b) {
  while (s + 1 < problem.T && !Terminates(problem, s, b) && !Truncates(problem, s, b)) ++s;
  return s;
}
double ValueAt(const TargetProblem& problem, int64_t t, int64_t b) {
  return problem.values[t * problem.B + b];
}
// V of what follows frame (t, b) in its own episode; 0 after a termination.
double ValueAfter(const TargetProblem& problem, int64_t t, int64_t b) {
  return Terminates(problem, t, b) ? 0.0 : ValueAt(problem, t + 1, b);
}

double SlowTarget(const VtraceOptions& options, const TargetProblem& problem, int64_t s,
                  int64_t b) {
  if (IsFinal(problem, s, b)) return ValueAt(problem, s, b);
  double sum = ValueAt(problem, s, b);
  const int64_t last = LastFrame(problem, s, b);
  for (int64_t t = s; t <= last; ++t) {
    const int64_t i = t * problem.B + b;
    double factor = std::pow(static_cast<double>(problem.gamma), static_cast<double>(t - s));
    for (int64_t k = s; k < t; ++k) {
      const double weight = std::exp(problem.log_weights[k * problem.B + b]);
      factor *= options.lambda * std::min<double>(options.c_bar, weight);
    }
    const double rho = std::min<double>(options.rho_bar, std::exp(problem.log_weights[i]));
    sum += factor * rho *
           (problem.rewards[i] + problem.gamma * ValueAfter(problem, t, b) - problem.values[i]);
  }
  return sum;
}

double SlowReturn(int64_t n, const TargetProblem& problem, int64_t s, int64_t b) {
  if (IsFinal(problem, s, b)) return ValueAt(problem, s, b);
  const int64_t last = std::min(LastFrame(problem, s, b), s + n - 1);
  double sum = 0;
  double factor = 1;
  for (int64_t t = s; t <= last; ++t) {
    sum += factor * problem.rewards[t * problem.B + b];
    factor *= problem.gamma;
  }
  return sum + factor * ValueAfter(problem, last, b);
}

}  // namespace

TargetInputs TargetProblem::Inputs() const {
  return {T, B, log_weights.data(), rewards.data(), discounts.data(), frames.data(), values.data()};
}

void DeriveFromFlags(TargetProblem* problem) {
  problem->discounts.clear();
  problem->frames.clear();
  for (const uint8_t flags : problem->flags) {
    problem->discounts.push_back(RowDiscount(flags, problem->gamma));
    problem->frames.push_back(RowIsFrame(flags) ? 1.0f : 0.0f);
  }
}

TargetProblem RandomProblem(uint64_t seed, int64_t T, int64_t B, double spread,
                            const EpisodeEnds& ends) {
  RandomSequence random(seed);
  TargetProblem problem;
  problem.T = T;
  problem.B = B;
  problem.gamma = static_cast<float>(random.Uniform(0.5, 1.0));
  problem.flags = RandomFlags(T, B, ends, random);
  for (int64_t i = 0; i < T * B; ++i) {
    problem.log_weights.push_back(static_cast<float>(random.Uniform(-spread, spread)));
    problem.rewards.push_back(static_cast<float>(random.Uniform(-2, 2)));
  }
  for (int64_t i = 0; i < (T + 1) * B; ++i) {
    // Nowhere near 0, the bootstraps least of all: a forgotten or doubled one must show.
    const double size = random.Uniform(0.5, 3);
    problem.values.push_back(static_cast<float>(random.Uniform() < 0.5 ? size : -size));
  }
  DeriveFromFlags(&problem);
  return problem;
}

SlowTargets SlowVtrace(const VtraceOptions& options, const TargetProblem& problem) {
  SlowTargets slow;
  for (int64_t t = 0; t < problem.T; ++t) {
    for (int64_t b = 0; b < problem.B; ++b) {
      slow.targets.push_back(SlowTarget(options, problem, t, b));
      if (IsFinal(problem, t, b)) {
        slow.advantages.push_back(0);
        continue;
      }
      const int64_t i = t * problem.B + b;
      double next = ValueAfter(problem, t, b);
      if (t < LastFrame(problem, t, b)) next = SlowTarget(options, problem, t + 1, b);
      slow.advantages.push_back(
          std::min<double>(options.pg_rho_bar, std::exp(problem.log_weights[i])) *
          (problem.rewards[i] + problem.gamma * next - problem.values[i]));
    }
  }
  return slow;
}

SlowTargets SlowNStepReturns(int64_t n, const TargetProblem& problem) {
  SlowTargets slow;
  for (int64_t t = 0; t < problem.T; ++t) {
    for (int64_t b = 0; b < problem.B; ++b) {
      slow.targets.push_back(SlowReturn(n, problem, t, b));
      slow.advantages.push_back(slow.targets.back() - ValueAt(problem, t, b));
    }
  }
  return slow;
}

Computed RunVtrace(const VtraceOptions& options, const TargetProblem& problem) {
  Computed made{std::vector<float>(problem.flags.size()), std::vector<float>(problem.flags.size())};
  Vtrace(options, problem.Inputs(), {made.targets.data(), made.advantages.data()});
  return made;
}

Computed RunTensorVtrace(const VtraceOptions& options, const TargetProblem& problem) {
  const auto tensor = [&](const std::vector<float>& data, int64_t rows) {
    return torch::tensor(data).view({rows, problem.B});
  };
  const TensorTargets made =
      TensorVtrace(options, tensor(problem.log_weights, problem.T),
                   tensor(problem.rewards, problem.T), tensor(problem.discounts, problem.T),
                   tensor(problem.frames, problem.T), tensor(problem.values, problem.T + 1));
  const auto floats = [](const torch::Tensor& t) {
    const torch::Tensor flat = t.contiguous();
    return std::vector<float>(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
  };
  return {floats(made.targets), floats(made.advantages)};
}

Computed RunNStepReturns(int64_t n, const TargetProblem& problem) {
  Computed made{std::vector<float>(problem.flags.size()), std::vector<float>(problem.flags.size())};
  NStepReturns(n, problem.Inputs(), {made.targets.data(), made.advantages.data()});
  return made;
}

void ExpectClose(const Computed& computed, const SlowTargets& expected, double tolerance) {
  ASSERT_EQ(computed.targets.size(), expected.targets.size());
  for (size_t i = 0; i < computed.targets.size(); ++i) {
    const auto allowed = [tolerance](double value) {
      return tolerance * std::max(1.0, std::abs(value));
    };
    EXPECT_NEAR(computed.targets[i], expected.targets[i], allowed(expected.targets[i]))
        << "target " << i;
    EXPECT_NEAR(computed.advantages[i], expected.advantages[i], allowed(expected.advantages[i]))
        << "advantage " << i;
  }
}

}  // namespace nyala
