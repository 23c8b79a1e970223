#include "learner/training/shard_choice.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/counted.h"
#include "common/config/run_rules.h"

namespace nyala {
namespace {

// Below about so many rows of a step a shard costs more to wake than it computes.
constexpr int64_t kWorthAShard = 256;

ShardChoice OneShard(absl::string_view because) {
  return {1, absl::StrCat("1 trainer shard: ", because), "use a smaller network"};
}

ShardChoice AsConfigured(const RunConfig& config, int cores) {
  ShardChoice choice;
  choice.shards = config.batch().shards();
  choice.why = absl::StrCat(Counted(choice.shards, "trainer shard"), " on ", Counted(cores, "core"),
                            ", as batch.shards says; 0 lets the learner choose");
  choice.help = choice.shards < cores ? "raise batch.shards or use a smaller network"
                                      : "add cores with batch.shards, or use a smaller network";
  return choice;
}

}  // namespace

ShardChoice ChooseShards(const RunConfig& config, int64_t columns, int cores) {
  if (config.device() != "cpu") {
    return OneShard(absl::StrCat("the learner computes on ", config.device()));
  }
  if (config.batch().shards() > 0) return AsConfigured(config, cores);
  if (UpdateRuleOf(config) == UpdateRule::kActorGradients) {
    return OneShard("the actors compute the gradients");
  }
  const int64_t rows =
      columns * config.batch().unroll_length() / std::max(1, config.algorithm().minibatches());
  const int64_t worth = std::max<int64_t>(1, rows / kWorthAShard);
  ShardChoice choice;
  choice.shards = static_cast<int>(std::min<int64_t>(worth, cores));
  const std::string why =
      worth < cores ? absl::StrCat("one for each ", kWorthAShard, " of a step's ", rows, " rows")
                    : "one for each core";
  choice.why = absl::StrCat(Counted(choice.shards, "trainer shard"), " on ", Counted(cores, "core"),
                            ", ", why, "; --set batch.shards=N takes another number");
  // Where actors and learner take turns, a batch is the columns of the actors.
  const char* more_rows = TakesTurns(config) ? "actor.envs_per_thread" : "batch.columns";
  if (worth < cores) {
    choice.help = absl::StrCat("raise ", more_rows, " or batch.shards, or use a smaller network");
  } else if (worth == cores) {
    choice.help = absl::StrCat("raise ", more_rows,
                               " or batch.shards with more cores, or use a smaller network");
  } else {
    choice.help = "add cores or use a smaller network";
  }
  return choice;
}

}  // namespace nyala
