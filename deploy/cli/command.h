// Command: one word after `nyala`, with its flags.
//
// A new command is one file that implements it, and one line in commands.cc. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

// Defined in CLI/CLI.hpp, which is heavy.
namespace CLI {
class App;
}

namespace nyala {

struct CommandContext {
  // How this program was called, for the commands it tells people to type.
  std::string program = "nyala";
  // MonotonicSeconds of the process's start.
  double started_at = 0;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  // One line for `nyala help`.
  virtual std::string summary() const = 0;
  // What its flags do not say, in lines of at most 80 characters; shown after them.
  virtual std::string notes() const { return ""; }
  // What to type, one or more lines, each a command.
  virtual std::string examples() const = 0;
  // Declares the flags; `app` writes to members of this command while it parses.
  virtual void AddFlags(CLI::App& app) = 0;
  // After the flags were read. Returns the exit status.
  virtual int Run(const CommandContext& context) = 0;
};

// In the order in which `nyala help` shows them.
std::vector<std::unique_ptr<Command>> MakeCommands();

// Each in a file of its name.
std::unique_ptr<Command> MakeTrainCommand();
std::unique_ptr<Command> MakeLearnerCommand();
std::unique_ptr<Command> MakeActorCommand();
std::unique_ptr<Command> MakeEvalCommand();
std::unique_ptr<Command> MakeExportCommand();
std::unique_ptr<Command> MakeEnvsCommand();
std::unique_ptr<Command> MakePresetsCommand();
std::unique_ptr<Command> MakePlotCommand();
std::unique_ptr<Command> MakeStudyCommand();
std::unique_ptr<Command> MakeVersionCommand();

}  // namespace nyala
