// The one mapping between absl::Status and grpc::Status.
//
// gRPC's library makes CANCELLED, DEADLINE_EXCEEDED, UNKNOWN and INTERNAL by itself when a
// connection breaks or a peer dies, so none of them can say "the run is over": that travels as
// ABORTED, which the library never makes.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace nyala {

// Cancelled becomes ABORTED; every other code keeps its number.
grpc::Status ToGrpcStatus(const absl::Status& status);

// ABORTED becomes Cancelled; what only says that the peer is away becomes Unavailable;
// RESOURCE_EXHAUSTED, a message above the limit, becomes FailedPrecondition unless its details say
// that all places are taken; the rest keeps its number.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace nyala
