// Whether PEM texts are what they are given for: gRPC takes anything, and every handshake fails
// later.
//
// Pure functions; any thread. InvalidArgument in one line that names the file.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace nyala {

// At least one certificate.
absl::Status CheckCertificate(const std::string& pem, const std::string& file);

// A certificate, and the private key of the first one.
absl::Status CheckKeyPair(const std::string& certificate, const std::string& certificate_file,
                          const std::string& key, const std::string& key_file);

}  // namespace nyala
