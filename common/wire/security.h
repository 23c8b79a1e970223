// TransportSecurity: who may talk to a learner, and how that is kept from others.
//
// A unix socket and a loopback address are open to this machine. Any wider address takes TLS and a
// token, or `insecure`. A token that is set is checked on every call wherever the learner listens.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/wire/address.h"

namespace nyala {

struct TransportSecurity {
  // The learner's certificate chain and key, PEM. Both or none.
  std::string cert_file;
  std::string key_file;
  // The authorities an actor trusts, PEM; setting it makes an actor use TLS.
  std::string ca_file;
  // A secret that actors present and the learner compares. Printable ASCII; empty means none.
  std::string token;
  // Allows a wide address without TLS or token: for a network that is trusted as a whole.
  bool insecure = false;
};

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
