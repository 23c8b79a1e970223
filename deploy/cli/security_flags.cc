#include "deploy/cli/security_flags.h"

#include <CLI/CLI.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/shell_quote.h"
#include "common/base/status_macros.h"
#include "common/system/file.h"

namespace nyala {

void SecurityFlags::AddLearnerFlags(CLI::App& app) {
  app.add_option("--tls-cert", security_.cert_file, "Certificate chain, PEM")->type_name("FILE");
  app.add_option("--tls-key", security_.key_file, "Its private key, PEM")->type_name("FILE");
  AddSharedFlags(app);
}

void SecurityFlags::AddActorFlags(CLI::App& app) {
  app.add_option("--tls-ca", security_.ca_file,
                 "Authorities that the learner's certificate may come from, PEM; turns TLS on")
      ->type_name("FILE");
  AddSharedFlags(app);
}

void SecurityFlags::AddSharedFlags(CLI::App& app) {
  app.add_option("--token-file", token_file_, "File with the secret that learner and actors share")
      ->type_name("FILE");
  app.add_flag("--insecure", security_.insecure,
               "Go without TLS or token beyond this machine: for a network trusted as a whole");
}

std::string SecurityFlags::LearnerFlags() const {
  std::string flags;
  const auto add = [&flags](absl::string_view name, const std::string& file) {
    if (!file.empty()) absl::StrAppend(&flags, " --", name, "=", ShellQuote(file));
  };
  add("tls-cert", security_.cert_file);
  add("tls-key", security_.key_file);
  add("token-file", token_file_);
  if (security_.insecure) absl::StrAppend(&flags, " --insecure");
  return flags;
}

std::string SecurityFlags::ActorFlags() const {
  std::string flags;
  if (!security_.cert_file.empty()) absl::StrAppend(&flags, " --tls-ca=CA.pem");
  if (!token_file_.empty()) absl::StrAppend(&flags, " --token-file=", ShellQuote(token_file_));
  if (security_.insecure && security_.cert_file.empty()) absl::StrAppend(&flags, " --insecure");
  return flags;
}

absl::StatusOr<TransportSecurity> SecurityFlags::Security() const {
  TransportSecurity security = security_;
  if (!token_file_.empty()) {
    NYALA_ASSIGN_OR_RETURN(const std::string token, ReadFile(token_file_));
    security.token = std::string(absl::StripAsciiWhitespace(token));
    if (security.token.empty()) {
      return absl::InvalidArgumentError("--token-file: " + token_file_ + " is empty");
    }
  }
  return security;
}

}  // namespace nyala
