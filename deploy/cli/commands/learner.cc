#include "learner/learner.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "actor/rollout/permission.h"
#include "common/base/shell_quote.h"
#include "common/base/status_macros.h"
#include "common/nn/blas/blas.h"
#include "common/system/log.h"
#include "common/wire/address.h"
#include "deploy/cli/closing_words.h"
#include "deploy/cli/command.h"
#include "deploy/cli/commands/learner_process.h"
#include "deploy/cli/plugin_flags.h"
#include "deploy/cli/run_flags.h"
#include "deploy/cli/security_flags.h"
#include "deploy/launcher/exit_codes.h"

namespace nyala {
namespace {

class LearnerCommand : public Command {
 public:
  std::string name() const override { return "learner"; }
  std::string summary() const override { return "A learner alone, for actors on other machines"; }

  std::string notes() const override {
    return "It owns the configuration and the run folder; actors need its address only, and may\n"
           "come and go. --envs-per-thread holds for actors that do not say otherwise, --threads\n"
           "for those of a2c, ppo, reinforce and cem and of gym: and grpc: environments; any "
           "other\n"
           "actor without --threads takes all cores of its machine. --actors starts none here: it\n"
           "announces how many the first batch of a2c, ppo, reinforce and cem waits for, 0 does\n"
           "not. An address beyond this machine takes --tls-cert, --tls-key and\n"
           "--token-file, or --insecure. It answers grpc.health.v1, and server reflection where\n"
           "no other machine reaches it or --reflection is given.\n"
           "When it stops before the run is over, or fails, actors are told why and try to join\n"
           "again; nobody but a service manager starts it again. The rest, exit status too, is as\n"
           "`nyala help train` says.";
  }
  std::string examples() const override {
    return "nyala learner --env=CartPole-v1 --listen=127.0.0.1:7447\n"
           "nyala learner --env=CartPole-v1 --listen=0.0.0.0:7447 --tls-cert=cert.pem "
           "--tls-key=key.pem --token-file=token";
  }
  void AddFlags(CLI::App& app) override {
    app.add_option("--listen", listen_,
                   "Where actors find it; beyond this machine takes TLS and a token")
        ->type_name("HOST:PORT|unix:PATH")
        ->capture_default_str();
    reflection_flag_ =
        app.add_flag("--reflection,!--no-reflection", reflection_,
                     "Server reflection, for grpcurl. Default: where no other machine reaches it");
    run_flags_.AddTo(app);
    security_flags_.AddLearnerFlags(app);
    plugin_flags_.AddTo(app);
  }

  int Run(const CommandContext& context) override {
    const absl::StatusOr<LearnerOptions> options = Options(context);
    if (!options.ok()) {
      LogLine(options.status().message());
      return kExitUsage;
    }
    WarnIfSlowBlas();
    StopSource& stop = *new StopSource;  // outlives the signal thread
    InstallSignalHandlers(&stop);
    const int status = RunLearnerProcess(*options, stop);
    SayClosingWords({context.program, "learner", options->run_dir, Address(), plugin_flags_.Text()},
                    status);
    return status == kExitInterrupted ? kExitFailed : status;
  }

 private:
  absl::StatusOr<LearnerOptions> Options(const CommandContext& context) {
    NYALA_RETURN_IF_ERROR(plugin_flags_.Load());
    NYALA_ASSIGN_OR_RETURN(const RunRequest request, run_flags_.Request());
    NYALA_RETURN_IF_ERROR(ParseAddress(listen_).status());
    LearnerOptions options;
    NYALA_ASSIGN_OR_RETURN(options.security, security_flags_.Security());
    NYALA_ASSIGN_OR_RETURN(const RunPlan plan, PlanRun(request));
    for (const std::string& notice : plan.notices) LogLine(notice);
    options.config = plan.config;
    options.env = plan.env;
    options.run_dir = plan.run_dir;
    options.resume = plan.resume;
    options.listen = listen_;
    if (reflection_flag_->count() > 0) options.reflection = reflection_;
    options.started_at = context.started_at;
    options.actor_flags = absl::StrCat(security_flags_.ActorFlags(), plugin_flags_.Text());
    for (const std::string& allowed : WhatToAllow(plan.config)) {
      absl::StrAppend(&options.actor_flags, " --allow=", ShellQuote(allowed));
    }
    return options;
  }

  // What a command that goes on with the run takes to be found by its actors and to make its
  // environment.
  std::string Address() const {
    return absl::StrCat(
        listen_ == kDefaultListen ? "" : absl::StrCat(" --listen=", ShellQuote(listen_)),
        security_flags_.LearnerFlags(), plugin_flags_.Text(), Reflection());
  }

  std::string Reflection() const {
    if (reflection_flag_->count() == 0) return "";
    return reflection_ ? " --reflection" : " --no-reflection";
  }

  static constexpr char kDefaultListen[] = "127.0.0.1:7447";
  std::string listen_ = kDefaultListen;
  bool reflection_ = false;
  CLI::Option* reflection_flag_ = nullptr;  // the app's
  RunFlags run_flags_;
  SecurityFlags security_flags_;
  PluginFlags plugin_flags_;
};

}  // namespace

std::unique_ptr<Command> MakeLearnerCommand() { return std::make_unique<LearnerCommand>(); }

}  // namespace nyala
