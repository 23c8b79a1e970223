#include <cmath>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "actor/environment.h"
#include "common/base/log.h"
#include "deploy/cli/command.h"
#include "deploy/exit_codes.h"

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
  std::string examples() const override { return "nyala envs"; }
  void AddFlags(CLI::App&) override {}
  int Run(const CommandContext&) override {
    for (const std::string& id : Environments().Names()) {
      const auto environment = Environments().Create(id);
      if (!environment.ok()) {
        LogLine(environment.status().message());
        return kExitFailed;
      }
      std::printf("%s\n", Describe((*environment)->spec()).c_str());
    }
    return kExitDone;
  }
};

}  // namespace

std::unique_ptr<Command> MakeEnvsCommand() { return std::make_unique<EnvsCommand>(); }

}  // namespace nyala
