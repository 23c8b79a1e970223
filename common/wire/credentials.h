// What TransportSecurity means to gRPC. Internal to common/wire; may block in the name resolver.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/wire/address.h"
#include "common/wire/transport_security.h"

namespace nyala {

// InvalidArgument names what a wide address lacks; NotFound, a file that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsFor(
    const Address& address, const TransportSecurity& security);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsFor(
    const Address& address, const TransportSecurity& security);

// What a call carries under kTokenHeader.
std::string BearerOf(absl::string_view token);
// Compares in a time that does not depend on where the two differ.
bool SameSecret(absl::string_view a, absl::string_view b);

}  // namespace nyala
