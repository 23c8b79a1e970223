// Names of run folders. Any thread.
#pragma once

#include <ctime>
#include <string>

#include "nyala/run_config.pb.h"

namespace nyala {

// "runs/CartPole-v1-impala-20250131-235959", or with "-2", "-3", ... when that exists.
std::string DefaultRunDir(const RunConfig& config, std::time_t now);

}  // namespace nyala
