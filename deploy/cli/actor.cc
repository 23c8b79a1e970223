#include "actor/actor.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/wire/address.h"
#include "deploy/cli/blas.h"
#include "deploy/cli/command.h"
#include "deploy/cli/learner_process.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/cli/security_flags.h"
#include "deploy/exit_codes.h"
#include "deploy/launcher/keeper.h"

namespace nyala {
namespace {

class ActorCommand : public Command {
 public:
  std::string name() const override { return "actor"; }
  std::string summary() const override { return "An actor for a learner elsewhere"; }

  std::string notes() const override {
    return "The run's configuration comes from the learner. While the learner is away the actor\n"
           "tries again, for transport.reconnect_seconds of the run (60 until it has joined one).\n"
           "Exit status: 0 when the run is over or the actor was told to stop, 2 the command line\n"
           "is wrong, 1 anything else, as a learner that failed or stays away, or an environment\n"
           "that fails, crashes or hangs (environment.step_timeout_seconds of the run): start the\n"
           "actor again. What its environments started ends with it.";
  }
  std::string examples() const override {
    return "nyala actor --learner=127.0.0.1:7447\n"
           "nyala actor --learner=trainer:7447 --threads=8 --tls-ca=ca.pem --token-file=token";
  }
  void AddFlags(CLI::App& app) override {
    app.add_option("--learner", options_.learner, "The learner's address; all else comes from it")
        ->type_name("HOST:PORT|unix:PATH");
    app.add_option("--threads", options_.threads, "Rollout threads; default: as the run says")
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
    app.add_option("--envs-per-thread", options_.envs_per_thread,
                   "Environments of one rollout thread; default: as the run says")
        ->type_name("N")
        ->check(CLI::Range(1, 65536));
    security_flags_.AddActorFlags(app);
    plugin_flags_.AddTo(app);
  }

  int Run(const CommandContext&) override {
    const absl::Status complete = Complete();
    if (!complete.ok()) {
      LogLine(complete.message());
      return kExitUsage;
    }
    WarnIfSlowBlas();
    // What its environments start ends with it, also when one of them crashes the process.
    return RunKept("nyala-actor", "the actor", [this](StopSource& stop) { return Act(stop); });
  }

 private:
  int Act(StopSource& stop) {
    options_.on_hang = EndHungProcess;
    options_.on_join = [](uint32_t actor) { SetLogName(absl::StrCat("actor ", actor)); };
    const absl::Status status = RunActor(options_, stop);
    if (status.ok()) return kExitDone;
    LogLine(status.message());
    return ExitCodeOf(status);
  }

  absl::Status Complete() {
    if (options_.learner.empty()) {
      return absl::InvalidArgumentError("actor needs the learner's address: --learner=HOST:PORT");
    }
    NYALA_RETURN_IF_ERROR(ParseAddress(options_.learner).status());
    NYALA_ASSIGN_OR_RETURN(options_.security, security_flags_.Security());
    return plugin_flags_.Load();
  }

  ActorOptions options_;
  SecurityFlags security_flags_;
  PluginFlags plugin_flags_;
};

}  // namespace

std::unique_ptr<Command> MakeActorCommand() { return std::make_unique<ActorCommand>(); }

}  // namespace nyala
