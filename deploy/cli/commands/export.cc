#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/blas/blas.h"
#include "common/system/file.h"
#include "common/system/log.h"
#include "deploy/cli/command.h"
#include "deploy/cli/foreign_run.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/policy/checkpoint_parameters.h"
#include "deploy/policy/policy_file.h"
#include "learner/run/checkpoint_store.h"
#include "learner/run/run_folder.h"
#include "learner/run/safetensors.h"

namespace nyala {
namespace {

// "policy.safetensors" for "policy.pt".
std::string SafetensorsPath(const std::string& path) {
  return path.substr(0, path.size() - 3) + ".safetensors";
}

class ExportCommand : public Command {
 public:
  std::string name() const override { return "export"; }
  std::string summary() const override { return "Write a run's policy as a file for Python"; }
  std::string notes() const override {
    return "policy.pt is TorchScript: torch.jit.load(\"policy.pt\") gives a module with\n"
           "  forward(observations [N, ...], state [N, S])\n"
           "    -> (policy [N, P], value [N], state [N, S])\n"
           "for any N, and the number state_size = S. Observations have the environment's\n"
           "type; all that the network does to them is inside. The state is zeros at the\n"
           "start of an episode. policy.safetensors beside it has the parameters by name.";
  }
  std::string examples() const override {
    return "nyala export --run=runs/mine --out=policy.pt\n"
           "nyala export --run=runs/mine --checkpoint=best --out=best.pt";
  }

  void AddFlags(CLI::App& app) override {
    app.add_option("--run", run_dir_, "Run folder")->type_name("DIR");
    app.add_option("--out", out_, "File to write, NAME.pt; NAME.safetensors is written beside it")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--checkpoint", checkpoint_, "Its number of updates, or best; default: newest")
        ->type_name("NAME");
    plugin_flags_.AddTo(app);
  }

  int Run(const CommandContext&) override {
    if (run_dir_.empty()) {
      LogLine("export needs the run's folder: --run=DIR");
      return kExitUsage;
    }
    if (!absl::EndsWith(out_, ".pt") || out_ == ".pt") {
      LogLine(absl::StrCat("--out is '", out_, "'; it must end with .pt, as --out=policy.pt"));
      return kExitUsage;
    }
    if (const absl::Status loaded = plugin_flags_.Load(); !loaded.ok()) {
      LogLine(loaded.message());
      return kExitUsage;
    }
    WarnIfSlowBlas();
    if (const absl::Status status = Export(); !status.ok()) {
      LogLine(status.message());
      return kExitFailed;
    }
    std::printf("%s\n%s\n", out_.c_str(), SafetensorsPath(out_).c_str());
    return kExitDone;
  }

 private:
  absl::Status Export() const {
    NYALA_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                           LoadCheckpoint(RunPaths(run_dir_).checkpoints(), checkpoint_));
    SayWhatReachesOutside(checkpoint.config);
    NYALA_ASSIGN_OR_RETURN(const std::string policy,
                           PolicyFile(checkpoint.config, ParametersOf(checkpoint)));
    NYALA_RETURN_IF_ERROR(WriteFileAtomically(out_, policy));
    return WriteFileAtomically(SafetensorsPath(out_), EncodeSafetensors(checkpoint.model));
  }

  std::string run_dir_;
  std::string out_ = "policy.pt";
  std::string checkpoint_;
  PluginFlags plugin_flags_;
};

}  // namespace

std::unique_ptr<Command> MakeExportCommand() { return std::make_unique<ExportCommand>(); }

}  // namespace nyala
