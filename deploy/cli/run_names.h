// Names of run folders, and how to print them in commands to type. Any thread.
#pragma once

#include <ctime>
#include <string>

#include "nyala/run_config.pb.h"

namespace nyala {

// "runs/CartPole-v1-impala-20250131-235959", or with "-2", "-3", ... when that exists.
std::string DefaultRunDir(const RunConfig& config, std::time_t now);

// `word` as a shell takes it for one argument.
std::string ShellQuote(const std::string& word);

}  // namespace nyala
