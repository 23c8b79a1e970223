// FlatParameters: a network's parameters as views into one contiguous buffer, its gradients as
// views into another. Its buffers (statistics that nobody differentiates) follow the parameters in
// the same buffer, so that snapshots, checkpoints and actors get them along.
//
// The optimizer, the norm clip, the snapshot and the broadcast each become one operation. Several
// networks (trainer shards) can share one values buffer and keep gradients apart.
// Ownership: keeps the buffers alive; the network must not outlive the binding's use of it.
// Threads: none of its own; who calls backward or Load owns the buffers at that time.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/nn/network.h"
#include "common/rl/snapshot.h"

namespace nyala {

class FlatParameters {
 public:
  // Moves the network's parameters and buffers (float32 each) into a new buffer.
  explicit FlatParameters(Network& network);
  // Binds the network's parameters to `shared`'s values (its own are dropped), with gradients of
  // its own. The networks must have been built alike.
  FlatParameters(Network& network, const FlatParameters& shared);

  // [N] float32, no grad: parameters, then buffers. Writing to it changes the network.
  const torch::Tensor& values() const { return values_; }
  // The first trainable_size() of them: what the optimizer changes.
  torch::Tensor trainable() const { return values_.narrow(0, 0, trainable_size_); }
  // The rest; empty for most networks.
  torch::Tensor statistics() const;
  // [trainable_size()] float32; backward adds into it.
  const torch::Tensor& gradients() const { return gradients_; }
  int64_t size() const { return values_.numel(); }
  int64_t trainable_size() const { return trainable_size_; }

  struct Entry {
    std::string name;
    std::vector<int64_t> shape;
    int64_t offset;  // into the flat buffer, in elements
    bool buffer;     // not a parameter
  };
  // In registration order, parameters first, without gaps.
  const std::vector<Entry>& entries() const { return entries_; }
  // The entry's values in its shape.
  torch::Tensor View(const Entry& entry) const;
  // Hash of all names and shapes.
  uint64_t layout() const { return layout_; }

  ParameterSnapshot Snapshot(uint64_t version, uint64_t frames) const;
  // FailedPrecondition when the snapshot's layout or size is another network's.
  absl::Status Load(const ParameterSnapshot& snapshot);

 private:
  void Bind(Network& network);

  std::vector<Entry> entries_;
  int64_t trainable_size_ = 0;
  uint64_t layout_ = 0;
  torch::Tensor values_;
  torch::Tensor gradients_;
};

}  // namespace nyala
