// Addresses of learners: "unix:/path/to/socket" or "HOST:PORT" ("[::1]:5000" for IPv6).
//
// Plain functions; Listen and IsLocal may block in the name resolver.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nyala {

struct Address {
  // Exactly one of `path` (a unix socket) and `host` is set.
  std::string path;
  std::string host;
  int port = 0;

  bool is_unix() const { return !path.empty(); }
  // As it was written, which is also how gRPC wants it.
  std::string text() const;
};

// InvalidArgument says what is wrong with `text`.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

// Whether only this machine can reach the address: a unix socket, or a host all of whose addresses
// are loopback. Unavailable when the name cannot be resolved.
absl::StatusOr<bool> IsLocal(const Address& address);

// How other machines write it, where it stands for all addresses of this one ("0.0.0.0", "[::]"):
// with this machine's name.
std::string AddressForOthers(const Address& address);

struct ListeningSocket {
  int fd = -1;      // the caller's; does not block
  Address address;  // with the port that was bound
};
// A socket that listens. Unavailable: "cannot listen on ADDRESS: address already in use". The
// socket file that a dead server left is replaced; the new one is for its user alone from the
// start.
absl::StatusOr<ListeningSocket> Listen(const Address& address);

}  // namespace nyala
