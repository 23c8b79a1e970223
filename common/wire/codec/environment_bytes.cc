#include "common/wire/codec/environment_bytes.h"

#include "absl/status/status.h"
#include "common/wire/codec/environment_codec.h"

namespace nyala {

// One byte of status code, then the message or the spec.
std::string EnvSpecToBytes(const absl::StatusOr<EnvSpec>& spec) {
  std::string bytes(1, static_cast<char>(spec.status().raw_code()));
  if (spec.ok()) return bytes + EncodeEnvSpec(*spec).SerializeAsString();
  return bytes + std::string(spec.status().message());
}

absl::StatusOr<EnvSpec> EnvSpecFromBytes(absl::string_view bytes) {
  if (bytes.empty()) return absl::InvalidArgumentError("no bytes");
  const auto code = static_cast<absl::StatusCode>(bytes[0]);
  const std::string rest(bytes.substr(1));
  if (code != absl::StatusCode::kOk) return absl::Status(code, rest);
  wire::EnvironmentSpec message;
  if (!message.ParseFromString(rest)) return absl::InvalidArgumentError("not the bytes of a spec");
  return DecodeEnvSpec(message);
}

}  // namespace nyala
