#include "deploy/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/suggest.h"
#include "common/system/log.h"
#include "deploy/cli/config_help.h"
#include "deploy/launcher/exit_codes.h"
#include "learner/metrics/metrics_columns.h"

namespace nyala {
namespace {

using Commands = std::vector<std::unique_ptr<Command>>;

void Print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int UsageError(const std::string& message) {
  LogLine(message);
  return kExitUsage;
}

std::string Overview(const Commands& commands) {
  std::string text = "Distributed actor-critic training.\n\nUsage: nyala COMMAND [FLAGS]\n\n";
  for (const auto& command : commands) {
    absl::StrAppend(&text, absl::StrFormat("  %-9s %s\n", command->name(), command->summary()));
  }
  return text +
         "  help      This; with a COMMAND its flags; `help config [FIELD]`: a run's fields;\n"
         "            `help metrics [COLUMN]`: the columns of its metrics\n"
         "\nExamples:\n"
         "  nyala train --env=CartPole-v1\n"
         "  nyala eval --run=runs/mine --episodes=100\n"
         "  nyala help config learning_rate\n"
         "\nExit status: 0 did what it was asked, 2 the command line or the configuration is\n"
         "wrong, 3 the goal was not reached within the budget, 1 anything else.\n";
}

// Nullptr after a line that says what is wrong.
Command* FindCommand(const std::string& name, const Commands& commands) {
  std::vector<std::string> names = {"help"};
  for (const auto& command : commands) {
    if (command->name() == name) return command.get();
    names.push_back(command->name());
  }
  LogLine(UnknownNameMessage("command", name, names));
  return nullptr;
}

std::unique_ptr<CLI::App> MakeApp(Command& command) {
  auto app = std::make_unique<CLI::App>(command.summary(), absl::StrCat("nyala ", command.name()));
  command.AddFlags(*app);
  const std::string notes = command.notes();
  app->footer(absl::StrCat(notes, notes.empty() ? "" : "\n\n", "Examples:\n  ",
                           absl::StrReplaceAll(command.examples(), {{"\n", "\n  "}})));
  return app;
}

// What is not understood matters more than what is missing because of it.
std::string ExplainParseError(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining();
  if (unknown.empty()) return error.what();
  const std::string word = std::vector<std::string>(absl::StrSplit(unknown[0], '=')).front();
  if (!absl::StartsWith(word, "-")) return absl::StrCat("unexpected argument '", unknown[0], "'");
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return UnknownNameMessage("flag", word, flags);
}

int RunCommand(const CommandContext& context, Command& command,
               std::vector<std::string> arguments) {
  for (const std::string& argument : arguments) {
    // CLI11 would take the next argument for the value.
    if (!absl::StartsWith(argument, "--") || argument.find('=') + 1 != argument.size()) continue;
    return UsageError(absl::StrCat(command.name(), ": ", argument, " has no value"));
  }
  const auto app = MakeApp(command);
  // CLI11 takes them from the back.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app->parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    Print(app->help());
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    return UsageError(absl::StrCat(command.name(), ": ", ExplainParseError(*app, error)));
  }
  return command.Run(context);
}

int Help(const std::vector<std::string>& arguments, const Commands& commands) {
  if (arguments.empty()) {
    Print(Overview(commands));
    return kExitDone;
  }
  if (arguments[0] == "config") {
    const std::string filter = arguments.size() > 1 ? arguments[1] : "";
    const std::string text = ConfigHelp(filter);
    if (text.empty()) return UsageError(absl::StrCat("no field's path contains '", filter, "'"));
    Print(text);
    return kExitDone;
  }
  if (arguments[0] == "metrics") {
    const std::string filter = arguments.size() > 1 ? arguments[1] : "";
    bool any = false;
    for (const MetricsColumn& column : MetricsColumns()) {
      if (!absl::StrContains(column.name, filter)) continue;
      Print(absl::StrFormat("  %-28s  %s\n", column.name, column.meaning));
      any = true;
    }
    if (!any) return UsageError(absl::StrCat("no column's name contains '", filter, "'"));
    return kExitDone;
  }
  Command* command = FindCommand(arguments[0], commands);
  if (command == nullptr) return kExitUsage;
  Print(MakeApp(*command)->help());
  return kExitDone;
}

}  // namespace

int RunCommandLine(const CommandContext& context, const std::vector<std::string>& arguments,
                   const Commands& commands) {
  if (arguments.empty()) return UsageError("no command given; `nyala help` lists them");
  std::string name = arguments[0];
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (name == "--help" || name == "-h" || name == "help") return Help(rest, commands);
  if (name == "--version") name = "version";
  Command* command = FindCommand(name, commands);
  return command == nullptr ? kExitUsage : RunCommand(context, *command, rest);
}

}  // namespace nyala
