#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/rl/distributions/bernoulli.h"
#include "common/rl/distributions/categorical.h"
#include "common/rl/distributions/distribution.h"
#include "common/rl/distributions/mixture.h"
#include "common/rl/distributions/multi_discrete.h"
#include "common/rl/distributions/normal.h"
#include "common/rl/distributions/squashed_normal.h"

namespace nyala {
namespace {

using Kind = ActionSpec::Kind;

struct Entry {
  const char* name;
  Kind kind;
  DistributionRegistry::Factory make;
};

// The first of each kind is what "auto" takes.
const std::vector<Entry>& Entries() {
  static const auto& entries = *new std::vector<Entry>{
      {"categorical", Kind::kDiscrete, MakeCategorical},
      {"multi_discrete", Kind::kMultiDiscrete, MakeMultiDiscrete},
      {"bernoulli", Kind::kMultiBinary, MakeBernoulli},
      {"normal", Kind::kContinuous, MakeNormal},
      {"squashed_normal", Kind::kContinuous, MakeSquashedNormal},
      {"mixture", Kind::kContinuous, MakeMixture},
  };
  return entries;
}

const char* Describe(Kind kind) {
  switch (kind) {
    case Kind::kDiscrete:
      return "discrete";
    case Kind::kContinuous:
      return "continuous";
    case Kind::kMultiDiscrete:
      return "multi-discrete";
    case Kind::kMultiBinary:
      return "multi-binary";
  }
  return "of an unknown kind";
}

// The names that fit, the default first.
std::vector<std::string> NamesFor(Kind kind) {
  std::vector<std::string> names;
  for (const Entry& entry : Entries()) {
    if (entry.kind == kind) names.emplace_back(entry.name);
  }
  return names;
}

absl::Status Mismatch(const Entry& entry, Kind kind) {
  return absl::InvalidArgumentError(
      absl::StrFormat("policy.distribution is '%s' but the environment's actions are %s; set "
                      "policy.distribution=%s",
                      entry.name, Describe(kind), absl::StrJoin(NamesFor(kind), " or =")));
}

}  // namespace

DistributionRegistry& Distributions() {
  static DistributionRegistry& registry = *[] {
    auto* made = new DistributionRegistry("action distribution");
    for (const Entry& entry : Entries()) {
      made->Register(entry.name,
                     [&entry](const PolicyConfig& policy, const ActionSpec& action)
                         -> absl::StatusOr<std::unique_ptr<ActionDistribution>> {
                       if (action.kind != entry.kind) return Mismatch(entry, action.kind);
                       return entry.make(policy, action);
                     });
    }
    return made;
  }();
  return registry;
}

absl::StatusOr<std::unique_ptr<ActionDistribution>> MakeDistribution(const PolicyConfig& policy,
                                                                     const ActionSpec& action) {
  std::string name = policy.distribution();
  if (name == "auto") name = NamesFor(action.kind).front();
  if (!Distributions().Contains(name)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("policy.distribution: %s",
                        UnknownNameMessage("action distribution", name, Distributions().Names())));
  }
  return Distributions().Create(name, policy, action);
}

}  // namespace nyala
