#include "learner/training/target_network.h"

#include <cmath>

namespace nyala {

void TargetNetwork::Under(FlatParameters* flat, absl::FunctionRef<void()> compute) {
  torch::NoGradGuard no_grad;
  const double age = age_.item<double>();
  if (age == 0) values_.copy_(flat->values());
  age_.fill_(std::fmod(age + 1, period_));
  const torch::Tensor newest = flat->values().clone();
  flat->values().copy_(values_);
  compute();
  flat->values().copy_(newest);
}

}  // namespace nyala
