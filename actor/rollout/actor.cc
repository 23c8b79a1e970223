#include "actor/rollout/actor.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/rollout/gradient_source.h"
#include "actor/rollout/inference.h"
#include "actor/rollout/join_loop.h"
#include "common/base/status_macros.h"
#include "common/config/validate.h"
#include "common/nn/choices/check_names.h"
#include "common/system/machine.h"
#include "common/wire/client/client.h"
#include "common/wire/schema.h"

namespace nyala {
namespace {

// Values and names of the run that this program does not know: the learner is of another build,
// though its messages are the same.
absl::Status CheckReply(const JoinReply& reply) {
  absl::Status status = Validate(reply.config);
  if (status.ok()) status = CheckNames(reply.config);
  if (status.ok()) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("this actor, ", Describe(ThisBuild()), ", cannot do what the learner, ",
                   reply.build.empty() ? "of this program" : reply.build,
                   ", asks for: ", status.message(), "; run the same build on both"));
}

}  // namespace

absl::Status RunActor(const ActorOptions& options, StopSource& stop) {
  NYALA_RETURN_IF_ERROR(CheckAddressSpace());
  LearnerClientOptions client_options;
  client_options.address = options.learner;
  client_options.security = options.security;
  NYALA_ASSIGN_OR_RETURN(std::shared_ptr<GrpcLearnerClient> client,
                         GrpcLearnerClient::Create(client_options));
  // The callback stays with `stop`, the client goes when we return.
  stop.OnStop([weak = std::weak_ptr<GrpcLearnerClient>(client)] {
    if (const auto alive = weak.lock()) alive->Shutdown();
  });
  const absl::Status status = RunActor(options, *client, stop);
  // A learner's refusal does not mean that our caller's arguments are wrong.
  if (!absl::IsInvalidArgument(status)) return status;
  return absl::FailedPreconditionError(status.message());
}

absl::Status RunActor(const ActorOptions& options, LearnerEndpoint& endpoint, StopSource& stop) {
  ActorOptions own = options;
  own.check = CheckReply;
  const PolicyFactories factories(
      [](const RunConfig& config, const EnvSpec& env) { return MakeLocalInference(config, env); },
      MakeLocalGradientSource);
  return RunJoinLoop(own, endpoint, factories, stop);
}

}  // namespace nyala
