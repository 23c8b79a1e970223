#include "common/nn/observation_statistics.h"

#include <algorithm>
#include <string>

#include "common/base/check.h"
#include "common/rl/distributions/surprise.h"

namespace nyala {
namespace {

constexpr double kMostRows = 1e6;

bool IsAFault(const Moments& known, const Moments& fresh) {
  for (size_t i = 0; i < known.mean.size(); ++i) {
    const RunningMoments usual = {known.count, known.mean[i], known.sum_squares[i] / known.count};
    if (IsFarBeyond(usual, fresh.mean[i], fresh.sum_squares[i] / fresh.count)) return true;
  }
  return false;
}

std::vector<double> ToVector(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.to(torch::kCPU, torch::kFloat64).contiguous();
  return std::vector<double>(host.data_ptr<double>(), host.data_ptr<double>() + host.numel());
}

torch::Tensor Buffer(const FlatParameters& flat, const std::string& name) {
  for (const FlatParameters::Entry& entry : flat.entries()) {
    if (entry.name == name) return flat.View(entry);
  }
  NYALA_CHECK(false, "a network without observation statistics");
  return {};
}

void Store(const std::vector<double>& values, torch::Tensor buffer) {
  const torch::Tensor source = torch::tensor(values, torch::kFloat64);
  buffer.copy_(source.view_as(buffer));
}

}  // namespace

void Moments::Merge(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  NYALA_CHECK(mean.size() == other.mean.size(), "moments of different observations");
  const double total = count + other.count;
  for (size_t i = 0; i < mean.size(); ++i) {
    const double delta = other.mean[i] - mean[i];
    mean[i] += delta * other.count / total;
    sum_squares[i] += other.sum_squares[i] + delta * delta * count * other.count / total;
  }
  count = total;
}

Moments MomentsOf(const torch::Tensor& observations, const torch::Tensor& mask) {
  torch::NoGradGuard no_grad;
  torch::Tensor rows = mask.defined() ? observations.index({mask}) : observations;
  Moments moments;
  moments.count = static_cast<double>(rows.size(0));
  if (moments.count == 0) return moments;
  rows = rows.reshape({rows.size(0), -1}).to(torch::kFloat64);
  const torch::Tensor mean = rows.mean(0);
  moments.mean = ToVector(mean);
  moments.sum_squares = ToVector((rows - mean).square_().sum(0));
  return moments;
}

void UpdateStatistics(const FlatParameters& flat, const Moments& fresh) {
  if (fresh.count == 0) return;
  torch::NoGradGuard no_grad;
  torch::Tensor mean = Buffer(flat, "observation_mean");
  torch::Tensor variance = Buffer(flat, "observation_variance");
  torch::Tensor count = Buffer(flat, "observation_count");
  Moments all;
  all.count = count.item<double>();
  all.mean = ToVector(mean);
  all.sum_squares = ToVector(variance);
  for (double& value : all.sum_squares) value *= all.count;
  if (IsAFault(all, fresh)) return;
  all.Merge(fresh);
  for (double& value : all.sum_squares) value /= all.count;
  Store(all.mean, mean);
  Store(all.sum_squares, variance);
  count.fill_(std::min(all.count, kMostRows));
}

void AppendTo(const Moments& moments, std::vector<float>* values) {
  for (const double mean : moments.mean) values->push_back(static_cast<float>(mean));
  for (const double sum : moments.sum_squares) values->push_back(static_cast<float>(sum));
}

Moments MomentsFrom(double count, absl::Span<const float> values) {
  const size_t half = values.size() / 2;
  return {count,
          {values.begin(), values.begin() + half},
          {values.begin() + half, values.begin() + 2 * half}};
}

}  // namespace nyala
