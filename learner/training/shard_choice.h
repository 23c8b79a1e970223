// How many trainer shards a run gets, and why. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "nyala/run_config.pb.h"

namespace nyala {

struct ShardChoice {
  int shards = 1;
  // For people, one line: the number, what it follows from, and how to take another.
  std::string why;
  // What would help a learner that is too slow: "add cores or use a smaller network".
  std::string help;
};

// For batches of `columns` * T rows on a machine of `cores`: one shard per core, as long as each
// has enough rows of an optimizer step to be worth a thread; batch.shards when that is set.
ShardChoice ChooseShards(const RunConfig& config, int64_t columns, int cores);

}  // namespace nyala
