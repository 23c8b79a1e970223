#include "deploy/main.h"

#include <exception>
#include <string>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "deploy/cli/command_line.h"
#include "deploy/exit_codes.h"

namespace nyala {

int Main(int argc, char** argv) {
  CommandContext context;
  context.started_at = ProcessStartSeconds();
  if (argc > 0) context.program = argv[0];
  try {
    return RunCommandLine(context, {argv + (argc > 0 ? 1 : 0), argv + argc}, MakeCommands());
  } catch (const std::exception& error) {
    // LibTorch throws; its first line says what, the others where.
    const std::string message = error.what();
    LogLine(message.substr(0, message.find('\n')));
    return kExitFailed;
  }
}

}  // namespace nyala
