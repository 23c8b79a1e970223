// From arguments to a command that runs; help, and one line with the nearest right name for what
// is misspelt. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "deploy/cli/command.h"

namespace nyala {

// Runs the command that `arguments` (without the program's name) begin with, or help, which is
// always there. Returns the exit status.
int RunCommandLine(const CommandContext& context, const std::vector<std::string>& arguments,
                   const std::vector<std::unique_ptr<Command>>& commands);

}  // namespace nyala
