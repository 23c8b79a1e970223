// gRPC settings that both sides take from TransportConfig. Internal to common/wire.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "nyala/run_config.pb.h"

namespace nyala {

// transport.max_message_bytes, as far as gRPC can go.
int MessageLimit(const TransportConfig& transport);
// Channel arguments for a client's channel and a server alike.
std::map<std::string, int> ChannelOptions(const TransportConfig& transport);
// gRPC writes its errors to standard error, several lines each; we return them as statuses. They
// are kept silent unless the environment sets GRPC_VERBOSITY.
void QuietLibraryLog();
// TLS handshakes that failed in this process since then, of which the library's log alone tells.
uint64_t FailedHandshakes();

}  // namespace nyala
