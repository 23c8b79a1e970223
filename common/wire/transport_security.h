// TransportSecurity: who may talk to a learner, and how that is kept from others. A plain value.
//
// A unix socket and a loopback address are open to this machine. Any wider address takes TLS and a
// token, or `insecure`. A token that is set is checked on every call wherever the learner listens.
#pragma once

#include <string>

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

}  // namespace nyala
