#include "deploy/cli/command.h"

namespace nyala {

std::vector<std::unique_ptr<Command>> MakeCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(MakeTrainCommand());
  commands.push_back(MakeLearnerCommand());
  commands.push_back(MakeActorCommand());
  commands.push_back(MakeEvalCommand());
  commands.push_back(MakeExportCommand());
  commands.push_back(MakeEnvsCommand());
  commands.push_back(MakePresetsCommand());
  commands.push_back(MakePlotCommand());
  commands.push_back(MakeStudyCommand());
  commands.push_back(MakeVersionCommand());
  return commands;
}

}  // namespace nyala
