#include "common/nn/flat_parameters.h"

#include <cstring>
#include <functional>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/base/fnv1a.h"

namespace nyala {
namespace {

int64_t CountOf(const FlatParameters::Entry& entry) {
  return std::accumulate(entry.shape.begin(), entry.shape.end(), int64_t{1},
                         std::multiplies<int64_t>());
}

torch::Tensor ViewOf(const torch::Tensor& flat, const FlatParameters::Entry& entry) {
  return flat.narrow(0, entry.offset, CountOf(entry)).view(entry.shape);
}

}  // namespace

FlatParameters::FlatParameters(Network& network) {
  std::vector<torch::Tensor> flat;
  std::string description;
  int64_t offset = 0;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor, bool buffer) {
    NYALA_CHECK(tensor.scalar_type() == torch::kFloat32, "a parameter that is not float32");
    entries_.push_back({name, tensor.sizes().vec(), offset, buffer});
    offset += tensor.numel();
    flat.push_back(tensor.detach().reshape(-1));
    absl::StrAppend(&description, name, buffer ? "=" : "",
                    "[" + absl::StrJoin(entries_.back().shape, ",") + "]");
  };
  for (const auto& item : network.named_parameters()) add(item.key(), item.value(), false);
  trainable_size_ = offset;
  for (const auto& item : network.named_buffers()) add(item.key(), item.value(), true);
  layout_ = Fnv1a(description);
  values_ = torch::cat(flat);
  Bind(network);
}

FlatParameters::FlatParameters(Network& network, const FlatParameters& shared)
    : entries_(shared.entries_),
      trainable_size_(shared.trainable_size_),
      layout_(shared.layout_),
      values_(shared.values_) {
  Bind(network);
}

void FlatParameters::Bind(Network& network) {
  torch::NoGradGuard no_grad;
  gradients_ = torch::zeros_like(trainable());
  size_t index = 0;
  // Makes `tensor` a view of the next entry.
  const auto bind = [&](const std::string& name, torch::Tensor tensor) {
    NYALA_CHECK(index < entries_.size() && entries_[index].name == name &&
                    entries_[index].shape == tensor.sizes().vec(),
                "networks that share parameters were built differently");
    tensor.set_data(View(entries_[index++]));
  };
  for (auto& item : network.named_parameters()) {
    bind(item.key(), item.value());
    item.value().mutable_grad() = ViewOf(gradients_, entries_[index - 1]);
  }
  for (auto& item : network.named_buffers()) bind(item.key(), item.value());
  NYALA_CHECK(index == entries_.size(), "networks that share parameters were built differently");
}

torch::Tensor FlatParameters::statistics() const {
  return values_.narrow(0, trainable_size_, size() - trainable_size_);
}

torch::Tensor FlatParameters::View(const Entry& entry) const { return ViewOf(values_, entry); }

ParameterSnapshot FlatParameters::Snapshot(uint64_t version, uint64_t frames) const {
  const torch::Tensor host = values_.cpu();
  const float* data = host.data_ptr<float>();
  ParameterSnapshot snapshot;
  snapshot.frames = frames;
  snapshot.version = version;
  snapshot.layout = layout_;
  snapshot.values.assign(data, data + host.numel());
  return snapshot;
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
