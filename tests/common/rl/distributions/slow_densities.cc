#include "tests/common/rl/distributions/slow_densities.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace nyala {
namespace {

constexpr double kPi = 3.141592653589793;

double LogSoftmaxAt(const double* logits, int64_t n, int64_t chosen) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += std::exp(logits[i]);
  return std::log(std::exp(logits[chosen]) / total);
}

// Sigma grows by e^raw until it comes near its ends, min and 1000 times the initial one.
double Sigma(const PolicyConfig& policy, double raw) {
  const double least = std::pow(policy.min_sigma(), 2);
  const double most = std::pow(1000 * policy.initial_sigma(), 2);
  const double start = std::pow(policy.initial_sigma(), 2);
  // Logistic growth of sigma^2 between them, through `start` at 0.
  const double odds = (start - least) / (most - start) * std::exp(2 * raw);
  return std::sqrt(least + (most - least) * odds / (1 + odds));
}

double Normal(double x, double mean, double sigma) {
  return std::exp(-std::pow((x - mean) / sigma, 2) / 2) / (sigma * std::sqrt(2 * kPi));
}

}  // namespace

double SlowCategorical(const SlowPolicy& of, const std::vector<double>& head,
                       const std::vector<double>& action) {
  return LogSoftmaxAt(head.data(), of.action.n, static_cast<int64_t>(action[0]));
}

double SlowMultiDiscrete(const SlowPolicy& of, const std::vector<double>& head,
                         const std::vector<double>& action) {
  double sum = 0;
  const double* logits = head.data();
  for (size_t i = 0; i < action.size(); ++i) {
    sum += LogSoftmaxAt(logits, of.action.choices[i], static_cast<int64_t>(action[i]));
    logits += of.action.choices[i];
  }
  return sum;
}

double SlowBernoulli(const SlowPolicy&, const std::vector<double>& head,
                     const std::vector<double>& action) {
  double product = 1;
  for (size_t i = 0; i < action.size(); ++i) {
    const double of_one = 1 / (1 + std::exp(-head[i]));
    product *= action[i] == 1 ? of_one : 1 - of_one;
  }
  return std::log(product);
}

double SlowNormal(const SlowPolicy& of, const std::vector<double>& head,
                  const std::vector<double>& action) {
  double product = 1;
  for (size_t i = 0; i < action.size(); ++i) {
    product *= Normal(action[i], head[i], Sigma(of.policy, head[action.size() + i]));
  }
  return std::log(product);
}

double SlowSquashedNormal(const SlowPolicy& of, const std::vector<double>& head,
                          const std::vector<double>& action) {
  double slope = 1;  // of tanh, whose inverse stretches the density
  for (const double u : action) slope *= 1 / (std::cosh(u) * std::cosh(u));
  return SlowNormal(of, head, action) - std::log(slope);
}

double SlowMixture(const SlowPolicy& of, const std::vector<double>& head,
                   const std::vector<double>& action) {
  const int64_t K = of.policy.mixture_components();
  const auto n = static_cast<int64_t>(action.size());
  double sum = 0;
  for (int64_t k = 0; k < K; ++k) {
    double product = std::exp(LogSoftmaxAt(head.data(), K, k));
    for (int64_t i = 0; i < n; ++i) {
      // The middles of K equal parts of (-1, 1), dealt out from another one for each dimension.
      const double offset =
          -1 + (0.5 + static_cast<double>((k + i) % K)) * 2.0 / static_cast<double>(K);
      product *= Normal(action[i], head[K + k * n + i] + offset,
                        Sigma(of.policy, head[K + K * n + k * n + i]));
    }
    sum += product;
  }
  return std::log(sum);
}

}  // namespace nyala
