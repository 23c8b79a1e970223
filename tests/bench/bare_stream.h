// Bare gRPC streams, to measure our transport against: nothing is checked, copied on or
// acknowledged. The same channel settings as ours.
#pragma once

#include <memory>
#include <string>

namespace nyala {

enum class BareKind {
  // What a generated stub does: a message with one `bytes` field, serialised and parsed.
  kMessages,
  // One buffer sent again and again and dropped unread: what the sockets and HTTP/2 alone allow.
  kBuffers,
};

// Reads whatever streams bring, as fast as it comes, until destroyed.
class BareServer {
 public:
  // `address` as gRPC wants it.
  explicit BareServer(const std::string& address);
  ~BareServer();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

// Streams to a BareServer.
class BareClient {
 public:
  explicit BareClient(const std::string& address);
  ~BareClient();
  // Blocks until the server has read all `count` messages of `bytes` bytes, over one stream.
  void Stream(BareKind kind, size_t bytes, int count);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nyala
