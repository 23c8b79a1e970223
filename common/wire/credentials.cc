#include "common/wire/credentials.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"
#include "common/wire/pem.h"

namespace nyala {
namespace {

absl::StatusOr<std::string> ReadPem(absl::string_view what, const std::string& path) {
  const absl::StatusOr<std::string> pem = ReadFile(path);
  const std::string why = !pem.ok()      ? std::string(pem.status().message())
                          : pem->empty() ? absl::StrCat(path, " is empty")
                                         : "";
  if (why.empty()) return *pem;
  return absl::InvalidArgumentError(absl::StrCat("the ", what, " file: ", why));
}

// A token travels as a header, which takes printable characters only.
absl::Status CheckToken(absl::string_view token) {
  for (const char c : token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(
          "the token may hold printable ASCII characters without spaces only");
    }
  }
  return absl::OkStatus();
}

absl::Status NotWide(const Address& address, absl::string_view lacks) {
  return absl::InvalidArgumentError(absl::StrFormat(
      "%s can be reached from other machines and takes %s, or --insecure", address.text(), lacks));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsFor(
    const Address& address, const TransportSecurity& security) {
  NYALA_RETURN_IF_ERROR(CheckToken(security.token));
  if (security.cert_file.empty() != security.key_file.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "TLS takes a certificate file and its key file (--tls-cert, --tls-key); there is only ",
        security.cert_file.empty() ? security.key_file : security.cert_file));
  }
  const bool tls = !security.cert_file.empty();
  NYALA_ASSIGN_OR_RETURN(const bool local, IsLocal(address));
  if (!local && !security.insecure && (!tls || security.token.empty())) {
    return NotWide(address, "a TLS certificate, its key and a token");
  }
  if (!tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  NYALA_ASSIGN_OR_RETURN(pair.private_key, ReadPem("TLS key", security.key_file));
  NYALA_ASSIGN_OR_RETURN(pair.cert_chain, ReadPem("TLS certificate", security.cert_file));
  NYALA_RETURN_IF_ERROR(
      CheckKeyPair(pair.cert_chain, security.cert_file, pair.private_key, security.key_file));
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsFor(
    const Address& address, const TransportSecurity& security) {
  NYALA_RETURN_IF_ERROR(CheckToken(security.token));
  if (!security.ca_file.empty()) {
    grpc::SslCredentialsOptions options;
    NYALA_ASSIGN_OR_RETURN(options.pem_root_certs,
                           ReadPem("certificate authority", security.ca_file));
    NYALA_RETURN_IF_ERROR(CheckCertificate(options.pem_root_certs, security.ca_file));
    return grpc::SslCredentials(options);
  }
  // A name that nobody knows yet, as of a learner that has not started, is not this machine's.
  if (!security.insecure && !IsLocal(address).value_or(false)) {
    return NotWide(address, "a file of trusted TLS authorities");
  }
  return grpc::InsecureChannelCredentials();
}

std::string BearerOf(absl::string_view token) { return absl::StrCat("Bearer ", token); }

bool SameSecret(absl::string_view a, absl::string_view b) {
  // The length of a secret is not one.
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

}  // namespace nyala
