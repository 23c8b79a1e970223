// What an environment is, found out in a process of its own.
//
// An environment may bring what must not be in a process that forks later (an interpreter, gRPC's
// threads), and it may crash or hang. Here it does so in a child, which is gone, with all that it
// started, when this returns.
// The caller has no threads of its own (deploy/launcher/child.h). Blocks until the child is done,
// or the limit has passed.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/rl/specs.h"

namespace nyala {

// As DescribeEnvironment says; and Internal, naming the environment, when the child dies;
// DeadlineExceeded when it takes longer than `limit_seconds` (0: it may).
absl::StatusOr<EnvSpec> DescribeEnvironmentInChild(const std::string& id, double limit_seconds);

}  // namespace nyala
