#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "actor/environment_registry.h"
#include "actor/vector_env.h"
#include "common/system/log.h"
#include "deploy/cli/command.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/keeper.h"

namespace nyala {
namespace {

std::string Describe(const TensorSpec& observation) {
  return absl::StrCat(NameOf(observation.dtype), "[", absl::StrJoin(observation.shape, ","), "]");
}

std::string Describe(const ActionSpec& action) {
  switch (action.kind) {
    case ActionSpec::Kind::kDiscrete:
      return absl::StrCat(action.n, " actions");
    case ActionSpec::Kind::kContinuous:
      return absl::StrCat("continuous[", action.n, "]");
    case ActionSpec::Kind::kMultiDiscrete:
      return absl::StrCat("choices{", absl::StrJoin(action.choices, ","), "}");
    case ActionSpec::Kind::kMultiBinary:
      return absl::StrCat("binary[", action.n, "]");
  }
  return "?";
}

std::string Describe(const EnvSpec& spec) {
  std::string text = absl::StrFormat("%-24s %-16s %-14s", spec.id, Describe(spec.observation),
                                     Describe(spec.action));
  absl::StrAppend(&text, " ", spec.description);
  if (!std::isnan(spec.solved_return)) {
    absl::StrAppend(&text, "; solved at ", spec.solved_return);
  }
  return text;
}

class EnvsCommand : public Command {
 public:
  std::string name() const override { return "envs"; }
  std::string summary() const override { return "Environments to train on"; }
  std::string notes() const override {
    return "Those that read files, import modules or connect to servers (gym:, grpc:, "
           "mujoco:FILE,\n"
           "the arguments rom=FILE and model=FILE, plug-ins with arguments) are taken by\n"
           "`nyala actor` from a learner only where its --allow=PREFIX names them; `nyala help\n"
           "actor` has more.";
  }
  std::string examples() const override {
    return "nyala envs\n"
           "nyala envs gym:gymnasium:CartPole-v1\n"
           "nyala envs --plugin=libmine.so";
  }
  void AddFlags(CLI::App& app) override {
    app.add_option("ID", ids_, "Only these, which may be of a family; default: all that have names")
        ->type_name("");
    plugin_flags_.AddTo(app);
  }

  int Run(const CommandContext&) override {
    if (const absl::Status loaded = plugin_flags_.Load(); !loaded.ok()) {
      LogLine(loaded.message());
      return kExitUsage;
    }
    // What is only made to be described may start a simulator, too.
    return RunKept("nyala-envs", "the process that makes environments",
                   [this](StopSource&) { return Print(); });
  }

 private:
  int Print() {
    for (const std::string& id : ids_.empty() ? Environments().Names() : ids_) {
      const absl::StatusOr<EnvSpec> spec = DescribeEnvironment(id);
      if (ids_.empty() && absl::IsFailedPrecondition(spec.status())) {
        // Left out of this build, or something that it needs is not on this machine.
        std::printf("%s\n", std::string(spec.status().message()).c_str());
        continue;
      }
      if (!spec.ok()) {
        LogLine(spec.status().message());
        return kExitFailed;
      }
      std::printf("%s\n", Describe(*spec).c_str());
    }
    if (!ids_.empty()) return kExitDone;
    PrintFamilies(Environments().families());
    PrintFamilies(VectorEnvs().families());
    return kExitDone;
  }

  static void PrintFamilies(const std::map<std::string, std::string>& families) {
    for (const auto& [prefix, usage] : families) {
      std::printf("%-24s %s\n", prefix.c_str(), usage.c_str());
    }
  }

  std::vector<std::string> ids_;
  PluginFlags plugin_flags_;
};

}  // namespace

std::unique_ptr<Command> MakeEnvsCommand() { return std::make_unique<EnvsCommand>(); }

}  // namespace nyala
