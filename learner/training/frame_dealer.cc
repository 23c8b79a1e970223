#include "learner/training/frame_dealer.h"

#include <torch/torch.h>

namespace nyala {
namespace {

// Calls visit(tensor) for all that a tile's rows have; what an algorithm does without is undefined.
template <typename Rows, typename Visit>
void ForEachPart(Rows& rows, size_t tile, Visit visit) {
  auto& batch = rows.batches[tile];
  auto& targets = rows.targets[tile];
  visit(batch.observations);
  visit(batch.actions);
  visit(batch.log_mu);
  visit(batch.rewards);
  visit(batch.discounts);
  visit(batch.frames);
  visit(targets.values);
  visit(targets.advantages);
  visit(targets.weights);
  visit(targets.log_prob);
}

std::vector<torch::Tensor> PartsOf(const LearningRows& rows, size_t tile) {
  std::vector<torch::Tensor> parts;
  ForEachPart(rows, tile, [&](const torch::Tensor& part) { parts.push_back(part); });
  return parts;
}

void SetParts(const std::vector<torch::Tensor>& parts, size_t tile, LearningRows* rows) {
  size_t next = 0;
  ForEachPart(*rows, tile, [&](torch::Tensor& part) { part = parts[next++]; });
}

LearningRows Empty(size_t tiles) {
  return {std::vector<Batch>(tiles), std::vector<Targets>(tiles)};
}

}  // namespace

FrameDealer::FrameDealer(const LearningRows& given) : all_(Empty(1)) {
  std::vector<std::vector<torch::Tensor>> pieces;  // of each part, a tile's rows
  for (size_t tile = 0; tile < given.batches.size(); ++tile) {
    const int64_t T = given.batches[tile].T();
    const std::vector<torch::Tensor> parts = PartsOf(given, tile);
    pieces.resize(parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].defined()) pieces[i].push_back(parts[i].narrow(0, 0, T).flatten(0, 1));
    }
  }
  std::vector<torch::Tensor> rows(pieces.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].empty()) rows[i] = torch::cat(pieces[i]).unsqueeze(0);
  }
  SetParts(rows, 0, &all_);
}

LearningRows FrameDealer::Deal(const std::vector<int64_t>& order, size_t tiles) const {
  const torch::Tensor places = torch::tensor(order).to(all_.batches[0].rewards.device());
  std::vector<torch::Tensor> parts = PartsOf(all_, 0);
  for (torch::Tensor& part : parts) {
    if (part.defined()) part = part.index_select(1, places);
  }
  LearningRows dealt = Empty(tiles);
  for (size_t tile = 0; tile < tiles; ++tile) {
    const auto begin = static_cast<int64_t>(tile * order.size() / tiles);
    const auto end = static_cast<int64_t>((tile + 1) * order.size() / tiles);
    std::vector<torch::Tensor> drawn(parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].defined()) drawn[i] = parts[i].narrow(1, begin, end - begin);
    }
    SetParts(drawn, tile, &dealt);
  }
  return dealt;
}

}  // namespace nyala
