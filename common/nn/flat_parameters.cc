#include "common/nn/flat_parameters.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"

namespace nyala {
namespace {

// FNV-1a: the same number in every build, unlike std::hash.
uint64_t HashText(const std::string& text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

FlatParameters::FlatParameters(Network& network) {
  std::vector<torch::Tensor> flat;
  int64_t offset = 0;
  std::string description;
  for (const auto& item : network.named_parameters()) {
    const torch::Tensor& parameter = item.value();
    entries_.push_back({item.key(), parameter.sizes().vec(), offset});
    offset += parameter.numel();
    flat.push_back(parameter.detach().reshape(-1).to(torch::kFloat32));
    absl::StrAppend(&description, item.key(), "[", absl::StrJoin(entries_.back().shape, ","), "]");
  }
  layout_ = HashText(description);
  values_ = torch::cat(flat);
  Bind(network);
}

FlatParameters::FlatParameters(Network& network, const FlatParameters& shared)
    : entries_(shared.entries_), layout_(shared.layout_), values_(shared.values_) {
  Bind(network);
}

void FlatParameters::Bind(Network& network) {
  torch::NoGradGuard no_grad;
  gradients_ = torch::zeros_like(values_);
  size_t index = 0;
  for (auto& item : network.named_parameters()) {
    NYALA_CHECK(index < entries_.size() && entries_[index].name == item.key() &&
                    entries_[index].shape == item.value().sizes().vec(),
                "networks that share parameters were built differently");
    const Entry& entry = entries_[index++];
    torch::Tensor parameter = item.value();
    const int64_t count = parameter.numel();
    parameter.set_data(values_.narrow(0, entry.offset, count).view(entry.shape));
    parameter.mutable_grad() = gradients_.narrow(0, entry.offset, count).view(entry.shape);
  }
  NYALA_CHECK(index == entries_.size(), "networks that share parameters were built differently");
}

ParameterSnapshot FlatParameters::Snapshot(uint64_t version) const {
  const torch::Tensor host = values_.cpu();
  const float* data = host.data_ptr<float>();
  return {version, layout_, std::vector<float>(data, data + host.numel())};
}

absl::Status FlatParameters::Load(const ParameterSnapshot& snapshot) {
  if (snapshot.layout != layout_ || static_cast<int64_t>(snapshot.values.size()) != size()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "parameters of another network: %d values with layout %016x, expected %d with %016x",
        snapshot.values.size(), snapshot.layout, size(), layout_));
  }
  torch::NoGradGuard no_grad;
  values_.copy_(
      torch::from_blob(const_cast<float*>(snapshot.values.data()), {size()}, torch::kFloat32));
  return absl::OkStatus();
}

}  // namespace nyala
