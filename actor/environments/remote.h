// `grpc:ADDRESS`: environments in another process, in any language, over
// proto/nyala/environment.proto.
//
//   grpc:unix:/tmp/mine.sock     grpc:127.0.0.1:5005,name=hard
//   grpc:simulator:5005,ca=ca.pem,token_file=token     grpc:simulator:5005,insecure=true
//
// E environments are one stream, stepped by one message each way. Their starts are keyed as those
// of all others are. Nothing of the server's can be saved: a resumed run starts new episodes.
// Blocking: making, resetting and stepping wait for the server, each for at most
// VectorEnvOptions.step_timeout_seconds.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "actor/vector_env.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<VectorEnv>> MakeRemote(const EnvironmentId& id,
                                                      const VectorEnvOptions& options);

}  // namespace nyala
