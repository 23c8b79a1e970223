// FlatParameters: a network's parameters as views into one contiguous buffer, its gradients as
// views into another.
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
#include "common/nn/snapshot.h"

namespace nyala {

class FlatParameters {
 public:
  // Moves the network's parameters into a new buffer.
  explicit FlatParameters(Network& network);
  // Binds the network's parameters to `shared`'s values (its own are dropped), with gradients of
  // its own. The networks must have been built alike.
  FlatParameters(Network& network, const FlatParameters& shared);

  // [N] float32, no grad. Writing to it changes the network.
  const torch::Tensor& values() const { return values_; }
  // [N] float32; backward adds into it.
  const torch::Tensor& gradients() const { return gradients_; }
  int64_t size() const { return values_.numel(); }

  struct Entry {
    std::string name;
    std::vector<int64_t> shape;
    int64_t offset;  // into the flat buffer, in elements
  };
  // In registration order, without gaps.
  const std::vector<Entry>& entries() const { return entries_; }
  // Hash of all names and shapes.
  uint64_t layout() const { return layout_; }

  ParameterSnapshot Snapshot(uint64_t version) const;
  // FailedPrecondition when the snapshot's layout or size is another network's.
  absl::Status Load(const ParameterSnapshot& snapshot);

 private:
  void Bind(Network& network);

  std::vector<Entry> entries_;
  uint64_t layout_ = 0;
  torch::Tensor values_;
  torch::Tensor gradients_;
};

}  // namespace nyala
