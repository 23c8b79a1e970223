// Running mean and variance of observations: how network.normalize_observations learns them.
//
// Sums of some rows are Moments; those of several shards or actors are merged, in an order that
// the caller fixes, and go into the buffers that lie behind the parameters in FlatParameters, from
// where snapshots and checkpoints have them. Chan, Golub and LeVeque (1979), equation 2.1.
// Threads: none of their own; who calls UpdateStatistics owns the parameters at that time.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "absl/types/span.h"
#include "common/nn/flat_parameters.h"

namespace nyala {

// Moments of `count` rows, element by element.
struct Moments {
  double count = 0;
  std::vector<double> mean;
  std::vector<double> sum_squares;  // of the differences from the mean

  void Merge(const Moments& other);
};

// observations [R, ...] as the network gets them, any dtype, before any frame stack; mask [R]
// bool, the rows that count: all when undefined.
Moments MomentsOf(const torch::Tensor& observations, const torch::Tensor& mask = {});

// Merges `fresh` into the network's statistics. They weigh as much as a million rows at most, so
// that they follow a policy that sees new things (and so that floats suffice). What is tens of
// thousands of times as large as all before is a fault, and is left out.
// The network must have been built with normalize_observations.
void UpdateStatistics(const FlatParameters& flat, const Moments& fresh);

// How moments travel behind a gradient: the means, then the sums of squares.
void AppendTo(const Moments& moments, std::vector<float>* values);
// Moments of `count` rows, from what AppendTo wrote.
Moments MomentsFrom(double count, absl::Span<const float> values);

}  // namespace nyala
