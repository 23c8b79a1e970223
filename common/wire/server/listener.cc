#include "common/wire/server/listener.h"

#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/base/clock.h"
#include "common/base/counted.h"
#include "common/base/status_macros.h"
#include "common/system/log.h"
#include "common/wire/channel_options.h"

namespace nyala {
namespace {

constexpr int kTickMilliseconds = 1000;

// How long a failed handshake may wait for its connection to be seen to be gone.
constexpr double kBlameSeconds = 2.5;

int OpenDescriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 64;
  int count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

std::string PeerOf(const sockaddr_storage& address) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return "";
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof(address), host, sizeof(host),
                  port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  absl::string_view name = host;
  // An IPv4 peer of an IPv6 socket.
  absl::ConsumePrefix(&name, "::ffff:");
  const bool ipv6 = absl::StrContains(name, ':');
  return absl::StrCat(ipv6 ? "[" : "", name, ipv6 ? "]:" : ":", port);
}

ino_t InodeOf(int fd) {
  struct stat file {};
  return fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode) ? file.st_ino : 0;
}

}  // namespace

// Some are for files: checkpoints, metrics, gRPC's own.
int ConnectionsThatFit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1 << 20;
  const auto all = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  const int left = std::max(0, all - OpenDescriptors());
  const int for_files = std::min(std::clamp(all / 8, 16, 128), std::max(2, left / 2));
  return std::max(0, left - for_files);
}

std::string PlainPeer(const std::string& grpc_peer) {
  const size_t colon = grpc_peer.find(':');
  // The zone of a link-local address is written with another percent sign.
  return absl::StrReplaceAll(grpc_peer.substr(colon == std::string::npos ? 0 : colon + 1),
                             {{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}});
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const Address& address,
                                                         const Options& options) {
  NYALA_ASSIGN_OR_RETURN(const ListeningSocket socket, Listen(address));
  std::unique_ptr<Listener> listener(new Listener(socket.fd, socket.address, options));
  if (listener->most_ < 1) {
    return absl::InvalidArgumentError(
        "the limit of open files leaves room for no connection; raise it (ulimit -n)");
  }
  return listener;
}

Listener::Listener(int fd, Address address, const Options& options)
    : fd_(fd), address_(std::move(address)), options_(options) {
  most_ = options_.most_connections > 0 ? options_.most_connections : ConnectionsThatFit();
}

Listener::~Listener() {
  Stop();
  close(fd_);
  if (address_.is_unix()) unlink(address_.path.c_str());
}

void Listener::Start(std::function<void(int)> hand_over, std::function<void()> on_tick) {
  hand_over_ = std::move(hand_over);
  on_tick_ = std::move(on_tick);
  if (pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) {
    Log("cannot create a pipe: %s", std::strerror(errno));
  }
  thread_.emplace("listener", [this] { Run(); });
}

void Listener::Stop() {
  stopped_ = true;
  if (wake_[1] >= 0) close(std::exchange(wake_[1], -1));
  thread_.reset();
  if (wake_[0] >= 0) close(std::exchange(wake_[0], -1));
}

void Listener::Run() {
  handshakes_seen_ = FailedHandshakes();
  double next_tick = MonotonicSeconds() + 1;
  // Without descriptors for the pipe that wakes it, it looks once a second.
  while (!stopped_) {
    // A negative descriptor is skipped: while there is no room, and no connection without a call to
    // close for it, newcomers wait in the kernel.
    const bool no_way = full() && !AnyUnauthenticated();
    pollfd waiting[] = {{wake_[0], POLLIN, 0}, {no_way ? -1 : fd_, POLLIN, 0}};
    poll(waiting, 2, kTickMilliseconds);
    // Its other end was closed.
    if (waiting[0].revents != 0) return;
    if (waiting[1].revents != 0) {
      if (full()) MakeRoom();
      AcceptAll();
    }
    if (MonotonicSeconds() < next_tick) continue;
    next_tick = MonotonicSeconds() + 1;
    Sweep();
    on_tick_();
  }
}

bool Listener::full() const {
  MutexLock lock(mu_);
  return static_cast<int>(connections_.size()) >= most_;
}

void Listener::AcceptAll() {
  while (!full()) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    const int fd =
        accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) {
        log_("cannot accept a connection: %s", std::strerror(errno));
        // Not at once again: what is missing must first be given back.
        poll(nullptr, 0, kTickMilliseconds / 10);
      }
      return;
    }
    ++counters_.connections;
    Connection connection;
    connection.fd = fd;
    connection.inode = InodeOf(fd);
    connection.peer = PeerOf(address);
    connection.since = MonotonicSeconds();
    // On a unix socket nobody can be told from another, and all are of one user.
    connection.authenticated = connection.peer.empty();
    {
      MutexLock lock(mu_);
      connections_.push_front(connection);
      if (!connection.authenticated) {
        ++unauthenticated_;
        by_peer_[connection.peer] = connections_.begin();
      }
    }
    hand_over_(fd);
  }
  Sweep();
  if (full() && !std::exchange(said_full_, true)) {
    Log("%d connections are open, as many as the limit of descriptors (ulimit -n) leaves room for; "
        "newcomers take the places of those that have made no call, or wait",
        most_);
  }
}

// The one that has been silent for longest goes: an actor needs a moment to make its first call,
// and whoever fills every place with silence must not keep it out.
void Listener::MakeRoom() {
  {
    MutexLock lock(mu_);
    for (auto connection = connections_.rbegin(); connection != connections_.rend(); ++connection) {
      if (connection->authenticated || connection->cut) continue;
      connection->cut = true;
      shutdown(connection->fd, SHUT_RDWR);
      ++counters_.unauthenticated;
      break;
    }
  }
  // gRPC closes it in a moment.
  for (int i = 0; i < 20 && full(); ++i) {
    poll(nullptr, 0, 5);
    Sweep();
  }
}

bool Listener::Gone(const Connection& connection) const {
  return InodeOf(connection.fd) != connection.inode;
}

Listener::Swept Listener::SweepConnections() {
  Swept swept;
  const double now = MonotonicSeconds();
  MutexLock lock(mu_);
  for (auto connection = connections_.begin(); connection != connections_.end();) {
    const auto next = std::next(connection);
    if (Gone(*connection)) {
      if (!connection->authenticated && !connection->called && !connection->cut &&
          swept.vanished++ == 0) {
        swept.last = connection->peer;
      }
      if (!connection->authenticated) --unauthenticated_;
      const auto named = by_peer_.find(connection->peer);
      if (named != by_peer_.end() && named->second == connection) by_peer_.erase(named);
      connections_.erase(connection);
    } else if (!connection->authenticated && !connection->cut &&
               now > connection->since + options_.authentication_seconds) {
      ++swept.closed;
      swept.late = connection->peer;
      // gRPC sees its end and closes it; we forget it when it is gone.
      shutdown(connection->fd, SHUT_RDWR);
      connection->cut = true;
    }
    connection = next;
  }
  if (static_cast<int>(connections_.size()) < most_ / 2) said_full_ = false;
  return swept;
}

void Listener::Sweep() {
  const uint64_t handshakes = FailedHandshakes();
  const uint64_t failed = handshakes - std::exchange(handshakes_seen_, handshakes);
  const Swept swept = SweepConnections();
  counters_.unauthenticated += swept.closed;
  if (swept.closed > 0) {
    log_(
        "closed %s that made no valid call within %g s (transport.authentication_seconds), the "
        "last from %s",
        Counted(swept.closed, "connection"), options_.authentication_seconds, swept.late);
  }
  counters_.failed_handshakes += failed;
  if (unsaid_.failed + unsaid_.vanished == 0) unsaid_.since = MonotonicSeconds();
  unsaid_.failed += failed;
  unsaid_.vanished += swept.vanished;
  if (swept.vanished > 0) unsaid_.last = swept.last;
  SayFailedHandshakes();
}

void Listener::SayFailedHandshakes() {
  // Others may have gone without a call, too: probes. Then nobody is blamed.
  const bool known = unsaid_.failed > 0 && unsaid_.vanished == unsaid_.failed;
  if (!known && MonotonicSeconds() < unsaid_.since + kBlameSeconds) return;
  if (unsaid_.failed > 0) {
    const char* whose = known ? ", the last from " : "; the last to go without a call was ";
    log_("%s failed%s%s", Counted(unsaid_.failed, "TLS handshake"),
         unsaid_.last.empty() ? "" : whose, unsaid_.last);
  }
  unsaid_ = Unsaid();
}

void Listener::OnCall(const std::string& grpc_peer, const absl::Status& admitted) {
  const std::string peer = PlainPeer(grpc_peer);
  if (!admitted.ok()) {
    ++counters_.refused_calls;
    log_("a call from %s was refused: %s", peer.empty() ? "this machine" : peer,
         admitted.message());
  }
  MutexLock lock(mu_);
  const auto found = by_peer_.find(peer);
  if (found == by_peer_.end()) return;
  found->second->called = true;
  if (!admitted.ok() || found->second->authenticated) return;
  found->second->authenticated = true;
  --unauthenticated_;
}

}  // namespace nyala
