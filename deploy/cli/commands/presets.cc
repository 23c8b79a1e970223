#include "common/config/presets.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "common/config/defaults.h"
#include "common/config/text.h"
#include "common/system/log.h"
#include "deploy/cli/command.h"
#include "deploy/launcher/exit_codes.h"

namespace nyala {
namespace {

class PresetsCommand : public Command {
 public:
  std::string name() const override { return "presets"; }
  std::string summary() const override {
    return "Named configurations; with a NAME, that one with all defaults";
  }
  std::string notes() const override {
    return "A preset is named to --preset, or chosen by train and learner when its name fits the\n"
           "environment and the algorithm.";
  }
  std::string examples() const override {
    return "nyala presets\n"
           "nyala presets cartpole-impala > mine.textproto";
  }
  void AddFlags(CLI::App& app) override {
    app.add_option("NAME", name_, "Print this one as a file for --config");
  }
  int Run(const CommandContext&) override { return name_.empty() ? List() : Show(); }

 private:
  int List() {
    for (const PresetInfo& preset : ListPresets()) {
      std::printf("%-27s %s\n", preset.name.c_str(), preset.description.c_str());
    }
    return kExitDone;
  }

  int Show() {
    absl::StatusOr<RunConfig> config = LoadPreset(name_);
    if (!config.ok()) {
      LogLine(config.status().message());
      return kExitUsage;
    }
    FillDefaults(&*config);
    std::fputs(ToText(*config).c_str(), stdout);
    return kExitDone;
  }

  std::string name_;
};

}  // namespace

std::unique_ptr<Command> MakePresetsCommand() { return std::make_unique<PresetsCommand>(); }

}  // namespace nyala
