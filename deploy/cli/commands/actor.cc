#include "actor/rollout/actor.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/blas/blas.h"
#include "common/system/log.h"
#include "common/system/machine.h"
#include "common/wire/address.h"
#include "deploy/cli/command.h"
#include "deploy/cli/commands/learner_process.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/cli/security_flags.h"
#include "deploy/launcher/exit_codes.h"
#include "deploy/launcher/keeper.h"
#include "deploy/launcher/sizing.h"

namespace nyala {
namespace {

class ActorCommand : public Command {
 public:
  std::string name() const override { return "actor"; }
  std::string summary() const override { return "An actor for a learner elsewhere"; }

  std::string notes() const override {
    return "Without --threads an actor takes all cores that it may use (affinity, cgroups);\n"
           "several on one machine take --threads each. It takes the run's actor.threads for\n"
           "a2c, ppo, reinforce and cem, whose batch is the columns of all actors, and in gym:\n"
           "and grpc: environments: one thread at a time holds Python, so start one actor for\n"
           "each core.\n"
           "The run's configuration comes from the learner. While the learner is away the actor\n"
           "tries again, for transport.reconnect_seconds of the run (60 until it has joined one).\n"
           "What is built in and closed is taken from any learner. What reads files, imports\n"
           "modules or connects somewhere on this machine (gym:, grpc:, mujoco:FILE, rom=FILE,\n"
           "model=FILE, torchscript:FILE, arguments of plug-ins) only where an --allow names it:\n"
           "--allow=gym:my_module takes gym:my_module:ID for every ID, --allow=mujoco:/tasks/ the\n"
           "files below that folder: what is allowed goes on only at a ':' or '/'.\n"
           "Arguments that reach outside are named, too, with what their values begin with, or\n"
           "nothing for any: --allow=gym:my_module,level=,map=/maps/\n"
           "--allow=grpc:simulator:5005,token_file=token. A refusal, exit status 1, says what to\n"
           "add.\n"
           "Exit status: 0 when the run is over or the actor was told to stop, 2 the command line\n"
           "is wrong, 1 anything else, as a learner that failed or stays away, or an environment\n"
           "that fails, crashes or hangs (environment.step_timeout_seconds of the run): start the\n"
           "actor again. What its environments started ends with it.";
  }
  std::string examples() const override {
    return "nyala actor --learner=127.0.0.1:7447\n"
           "nyala actor --learner=trainer:7447 --threads=8 --tls-ca=ca.pem --token-file=token\n"
           "nyala actor --learner=trainer:7447 --insecure --allow=gym:gymnasium";
  }
  void AddFlags(CLI::App& app) override {
    app.add_option("--learner", options_.learner, "The learner's address; all else comes from it")
        ->type_name("HOST:PORT|unix:PATH");
    app.add_option("--threads", options_.threads,
                   "Rollout threads; default: one for each core of this machine (but see below)")
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
    app.add_option("--envs-per-thread", options_.envs_per_thread,
                   "Environments of one rollout thread; default: as the run says")
        ->type_name("N")
        ->check(CLI::Range(1, 65536));
    app.add_option(
           "--allow", allowed_,
           "Also take this, and what goes on after it at a ':' or '/', though it reads files, "
           "runs code or connects; may be repeated")
        ->type_name("PREFIX[,ARGUMENT=PREFIX...]")
        ->allow_extra_args(false);
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
    options_.choose_threads = [this](const RunConfig& config) { return ChooseAndSay(config); };
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
    for (const std::string& allowed : allowed_) {
      NYALA_RETURN_IF_ERROR(options_.permission.Allow(allowed));
    }
    NYALA_ASSIGN_OR_RETURN(options_.security, security_flags_.Security());
    return plugin_flags_.Load();
  }

  uint32_t ChooseAndSay(const RunConfig& config) {
    const int envs = options_.envs_per_thread > 0 ? static_cast<int>(options_.envs_per_thread)
                                                  : config.actor().envs_per_thread();
    const ThreadChoice choice = ChooseThreads(config, envs, UsableCores());
    // Once, not at each rejoin.
    if (choice.why != said_) LogLine(choice.why);
    said_ = choice.why;
    return static_cast<uint32_t>(choice.threads);
  }

  ActorOptions options_;
  std::vector<std::string> allowed_;
  std::string said_;
  SecurityFlags security_flags_;
  PluginFlags plugin_flags_;
};

}  // namespace

std::unique_ptr<Command> MakeActorCommand() { return std::make_unique<ActorCommand>(); }

}  // namespace nyala
