// What is known of each algorithm without its mathematics: how unrolls become updates, and which
// fields it alone reads. One line each here, and its file and its maker in
// common/rl/algorithms/register_algorithms.cc; nothing else knows algorithms by their names.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nyala {

// How unrolls become updates.
enum class UpdateRule {
  // Batches of whatever arrives.
  kAsynchronous,
  // One unroll of every joined column, all of the newest version.
  kSynchronous,
  // The same number of whole sessions of every joined column, all under the newest version.
  kWholeSessions,
  // Actors compute gradients; each is applied as it arrives.
  kActorGradients,
};

struct AlgorithmKind {
  std::string name;
  UpdateRule rule = UpdateRule::kAsynchronous;
  // Paths of RunConfig's fields of which not every algorithm makes use.
  std::vector<std::string> reads = {};

  bool Reads(absl::string_view field) const;
};

const std::vector<AlgorithmKind>& AlgorithmKinds();
// nullptr: it does not come with the program, and may read what it likes.
const AlgorithmKind* FindAlgorithmKind(const std::string& name);

}  // namespace nyala
