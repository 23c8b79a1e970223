#include "common/wire/channel_options.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace nyala {
namespace {

// How far a peer may send ahead of our reading, so that the next unroll travels while this one is
// admitted. Part of what a stream may hold in memory.
constexpr int kLookaheadBytes = 1 << 20;

std::atomic<uint64_t> failed_handshakes{0};

int Milliseconds(double seconds) {
  return static_cast<int>(std::clamp(seconds * 1000.0, 1.0, 1e9));
}

}  // namespace

int MessageLimit(const TransportConfig& transport) {
  return static_cast<int>(
      std::clamp<int64_t>(transport.max_message_bytes(), 0, std::numeric_limits<int>::max()));
}

std::map<std::string, int> ChannelOptions(const TransportConfig& transport) {
  const int keepalive = Milliseconds(transport.keepalive_seconds());
  return {
      {GRPC_ARG_KEEPALIVE_TIME_MS, keepalive},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(transport.keepalive_timeout_seconds())},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      // A learner that trains, or an environment that computes, sends nothing for long: pings
      // without data are no offence.
      {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, std::min(keepalive / 2, 1000)},
      {GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0},
      {GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kLookaheadBytes},
  };
}

void QuietLibraryLog() {
  static const bool once = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) {
      gpr_set_log_function([](gpr_log_func_args* line) {
        if (std::strstr(line->message, "Handshake failed") != nullptr) ++failed_handshakes;
      });
    }
    return true;
  }();
  (void)once;
}

uint64_t FailedHandshakes() { return failed_handshakes; }

}  // namespace nyala
