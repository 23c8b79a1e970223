// Bare gRPC streams of bytes, to measure our transport against: nothing is encoded, decoded, copied
// or acknowledged. The same channel settings as ours.
#pragma once

#include <memory>
#include <string>

namespace nyala {

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
  void Stream(size_t bytes, int count);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nyala
