#include "common/rl/algorithm_kinds.h"

#include <algorithm>

namespace nyala {
namespace {

constexpr auto kAsynchronous = UpdateRule::kAsynchronous;
constexpr auto kSynchronous = UpdateRule::kSynchronous;
constexpr auto kWholeSessions = UpdateRule::kWholeSessions;
constexpr auto kActorGradients = UpdateRule::kActorGradients;

}  // namespace

const std::vector<AlgorithmKind>& AlgorithmKinds() {
  static const auto& kinds = *new std::vector<AlgorithmKind>{
      {"impala", kAsynchronous, {"algorithm.correction"}},
      {"appo",
       kAsynchronous,
       {"algorithm.epochs", "algorithm.minibatches", "algorithm.target_period",
        "algorithm.normalize_advantages", "algorithm.shuffle_frames"}},
      {"a3c", kActorGradients},
      {"a2c", kSynchronous},
      {"ppo",
       kSynchronous,
       {"algorithm.epochs", "algorithm.minibatches", "algorithm.normalize_advantages",
        "algorithm.shuffle_frames"}},
      {"reinforce", kWholeSessions, {"algorithm.baseline"}},
      {"cem", kWholeSessions, {"algorithm.elite_frames"}},
  };
  return kinds;
}

bool AlgorithmKind::Reads(absl::string_view field) const {
  return std::find(reads.begin(), reads.end(), field) != reads.end();
}

const AlgorithmKind* FindAlgorithmKind(const std::string& name) {
  for (const AlgorithmKind& kind : AlgorithmKinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace nyala
