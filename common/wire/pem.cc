#include "common/wire/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> Reader(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Owned<X509> FirstCertificate(const std::string& pem) {
  Owned<X509> found(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return found;
}

// A key with a password would ask for it at the terminal; nobody is there.
int NoPassword(char*, int, int, void*) { return 0; }

}  // namespace

absl::Status CheckCertificate(const std::string& pem, const std::string& file) {
  if (FirstCertificate(pem) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(file, " holds no certificate (PEM)"));
}

absl::Status CheckKeyPair(const std::string& certificate, const std::string& certificate_file,
                          const std::string& key, const std::string& key_file) {
  NYALA_RETURN_IF_ERROR(CheckCertificate(certificate, certificate_file));
  const Owned<EVP_PKEY> secret(
      PEM_read_bio_PrivateKey(Reader(key).get(), nullptr, NoPassword, nullptr));
  const bool fits = secret != nullptr &&
                    X509_check_private_key(FirstCertificate(certificate).get(), secret.get()) == 1;
  ERR_clear_error();
  if (secret == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(key_file, " holds no private key (PEM, without a password)"));
  }
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the key in ", key_file, " is not that of the certificate in ", certificate_file));
}

}  // namespace nyala
