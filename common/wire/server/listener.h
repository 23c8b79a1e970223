// Listener: the learner's door. Accepts connections itself, within a limit, and hands them to gRPC.
//
// Why not gRPC's own listener: one that has run out of descriptors never accepts again, nothing
// limits or times out connections that send nothing, and what failed to get in leaves no trace.
//   - While as many connections are open as there are descriptors for, a newcomer takes the place
//     of the oldest that has made no call, or waits in the kernel's queue; other descriptors are
//     left to files.
//   - A TCP connection from which no call was let in within `authentication_seconds` is closed.
// Threads: owns one; OnCall from any. Blocking: none but Stop, which joins. The socket file goes
// with it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/base/thread.h"
#include "common/system/limited_log.h"
#include "common/wire/address.h"

namespace nyala {

// Connections that the process's limit of descriptors leaves room for now.
int ConnectionsThatFit();

// Since the start; read them at any time.
struct DoorCounters {
  std::atomic<uint64_t> connections{0};      // accepted
  std::atomic<uint64_t> unauthenticated{0};  // closed by us, no call was let in
  std::atomic<uint64_t> failed_handshakes{0};
  std::atomic<uint64_t> refused_calls{0};  // without the right token
};

class Listener {
 public:
  struct Options {
    double authentication_seconds = 10;
    // 0: as many as the process's limit of descriptors leaves room for.
    int most_connections = 0;
  };
  // Listens; nobody is let in yet. Unavailable: "cannot listen on ADDRESS: why". InvalidArgument:
  // there is no descriptor for anybody.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const Address& address,
                                                        const Options& options);
  ~Listener();

  // With the port that was bound.
  const Address& address() const { return address_; }
  int most_connections() const { return most_; }

  // From here on `hand_over` gets each connection's descriptor, to own; `on_tick` comes once a
  // second.
  void Start(std::function<void(int fd)> hand_over, std::function<void()> on_tick);
  // Lets nobody in any more. Idempotent.
  void Stop();

  // Whether OnCall has anything to do for a call that was let in; cheap.
  bool AnyUnauthenticated() const { return unauthenticated_ > 0; }
  // A call came from `peer`, as gRPC names it ("ipv4:127.0.0.1:4242"), and was let in or not.
  void OnCall(const std::string& peer, const absl::Status& admitted);

  const DoorCounters& counters() const { return counters_; }

 private:
  // gRPC owns the descriptor: it is ours to look at while the inode is the same.
  struct Connection {
    int fd = -1;
    ino_t inode = 0;
    std::string peer;  // "HOST:PORT"; empty on a unix socket
    double since = 0;
    bool authenticated = false;
    bool called = false;  // got as far as a call, let in or not
    bool cut = false;     // we have shut it down
  };
  using Connections = std::list<Connection>;

  Listener(int fd, Address address, const Options& options);
  void Run();
  void AcceptAll();
  // While all places are taken: cuts off the oldest connection of which nothing is known.
  void MakeRoom();
  // Forgets those that are gone and closes those whose time is over.
  void Sweep();
  void SayFailedHandshakes();
  struct Swept {
    uint64_t closed = 0;    // by us, just now
    std::string late;       // the last of those
    uint64_t vanished = 0;  // went by themselves and had not made a call
    std::string last;       // the last to come of those
  };
  Swept SweepConnections();
  bool Gone(const Connection& connection) const;
  bool full() const;

  const int fd_;
  const Address address_;
  const Options options_;
  int most_ = 0;
  std::function<void(int)> hand_over_;
  std::function<void()> on_tick_;
  DoorCounters counters_;
  LimitedLog log_;
  int wake_[2] = {-1, -1};

  mutable Mutex mu_;
  Connections connections_ ABSL_GUARDED_BY(mu_);
  // TCP's, by peer.
  std::unordered_map<std::string, Connections::iterator> by_peer_ ABSL_GUARDED_BY(mu_);
  std::atomic<int> unauthenticated_{0};
  std::atomic<bool> stopped_{false};
  // The thread's.
  bool said_full_ = false;
  uint64_t handshakes_seen_ = 0;
  // What is to be said, once it is known whose it was: a handshake may be seen to fail in one sweep
  // and its connection to be gone in the next, or the other way round.
  struct Unsaid {
    uint64_t failed = 0;    // handshakes
    uint64_t vanished = 0;  // connections
    std::string last;       // the last to come of those
    double since = 0;
  };
  Unsaid unsaid_;
  std::optional<Thread> thread_;
};

// "ipv6:%5B::1%5D:80" as "[::1]:80", which is how a Listener names peers.
std::string PlainPeer(const std::string& grpc_peer);

}  // namespace nyala
