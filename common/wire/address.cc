#include "common/wire/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/system/machine.h"

namespace nyala {
namespace {

constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr char kUnixPrefix[] = "unix:";

class Socket {
 public:
  explicit Socket(int domain)
      : fd_(socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

absl::StatusOr<Addresses> Resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrFormat("cannot resolve host '%s': %s", address.host, gai_strerror(error)));
  }
  return Addresses(found);
}

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(ipv4->sin_addr.s_addr) >> 24) == 127;
  }
  if (address->sa_family != AF_INET6) return false;
  const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(address);
  return IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr) != 0;
}

absl::Status CannotListen(const Address& address, int error) {
  // "Address already in use" -> "address already in use": it stands in the middle of a line.
  std::string why = std::strerror(error);
  why[0] = absl::ascii_tolower(static_cast<unsigned char>(why[0]));
  return absl::UnavailableError(absl::StrFormat("cannot listen on %s: %s", address.text(), why));
}

// 0, or what kept us from listening.
int TryToListen(const addrinfo& candidate, const Socket& socket) {
  if (socket.fd() < 0) return errno;
  const int on = 1;
  const int off = 0;
  // Connections that linger after their server's end do not count.
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // Accepted sockets inherit it: an ack must not wait for company.
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // "[::]" means every address of this machine.
  if (candidate.ai_family == AF_INET6) {
    setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (bind(socket.fd(), candidate.ai_addr, candidate.ai_addrlen) != 0) return errno;
  return listen(socket.fd(), SOMAXCONN) == 0 ? 0 : errno;
}

int PortOf(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(name).sin_port);
}

absl::StatusOr<ListeningSocket> ListenTcp(const Address& address) {
  NYALA_ASSIGN_OR_RETURN(const Addresses candidates, Resolve(address));
  int error = EADDRNOTAVAIL;
  for (const addrinfo* candidate = candidates.get(); candidate != nullptr;
       candidate = candidate->ai_next) {
    Socket socket(candidate->ai_family);
    error = TryToListen(*candidate, socket);
    if (error == 0) {
      ListeningSocket listening{socket.Release(), address};
      listening.address.port = PortOf(listening.fd);
      return listening;
    }
    // The next candidate may be a family that this machine has; a port in use is final.
    if (error == EADDRINUSE) break;
  }
  return CannotListen(address, error);
}

absl::Status RemoveStaleSocket(const Address& address, const sockaddr_un& name) {
  struct stat file {};
  if (lstat(name.sun_path, &file) != 0) {
    return errno == ENOENT ? absl::OkStatus() : CannotListen(address, errno);
  }
  if (!S_ISSOCK(file.st_mode)) {
    return absl::UnavailableError(absl::StrFormat(
        "cannot listen on %s: a file that is no socket is in the way", address.text()));
  }
  const Socket socket(AF_UNIX);
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0) {
    return CannotListen(address, EADDRINUSE);
  }
  // Somebody listens, and is busy.
  if (errno == EAGAIN) return CannotListen(address, EADDRINUSE);
  if (errno != ECONNREFUSED) return CannotListen(address, errno);
  // Nobody listens: a server that died left its file behind.
  if (unlink(name.sun_path) != 0 && errno != ENOENT) return CannotListen(address, errno);
  return absl::OkStatus();
}

absl::StatusOr<ListeningSocket> ListenUnix(const Address& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address.path.c_str(), address.path.size() + 1);
  NYALA_RETURN_IF_ERROR(RemoveStaleSocket(address, name));
  Socket socket(AF_UNIX);
  // Before it is bound, so that the file never had another mode: open to this machine means to this
  // user of it. A folder that is missing or not ours shows when binding.
  if (socket.fd() < 0 || fchmod(socket.fd(), S_IRUSR | S_IWUSR) != 0 ||
      bind(socket.fd(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0 ||
      listen(socket.fd(), SOMAXCONN) != 0) {
    return CannotListen(address, errno);
  }
  return ListeningSocket{socket.Release(), address};
}

absl::Status BadAddress(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrFormat("address '%s': %s; use unix:/path/to/socket or HOST:PORT", text, why));
}

absl::StatusOr<Address> ParseUnix(absl::string_view text, absl::string_view path) {
  if (path.empty()) return BadAddress(text, "has no path");
  if (path.size() > kMaxPath) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "address '%s': a unix socket's path may have %d bytes and this has %d; use a shorter one",
        text, kMaxPath, path.size()));
  }
  Address address;
  address.path = std::string(path);
  return address;
}

}  // namespace

std::string Address::text() const {
  if (is_unix()) return absl::StrCat(kUnixPrefix, path);
  const bool ipv6 = absl::StrContains(host, ':');
  return absl::StrCat(ipv6 ? "[" : "", host, ipv6 ? "]:" : ":", port);
}

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, kUnixPrefix)) return ParseUnix(text, rest);
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return BadAddress(text, "has no port");
  absl::string_view host = text.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
  } else if (absl::StrContains(host, ':')) {
    return BadAddress(text, "an IPv6 address needs brackets");
  }
  if (host.empty()) return BadAddress(text, "has no host");
  Address address;
  address.host = std::string(host);
  if (!absl::SimpleAtoi(text.substr(colon + 1), &address.port) || address.port < 0 ||
      address.port > 65535) {
    return BadAddress(text, "the port must be a number from 0 to 65535");
  }
  return address;
}

std::string AddressForOthers(const Address& address) {
  Address reachable = address;
  if (address.host == "0.0.0.0" || address.host == "::") reachable.host = HostName();
  return reachable.text();
}

absl::StatusOr<bool> IsLocal(const Address& address) {
  if (address.is_unix()) return true;
  NYALA_ASSIGN_OR_RETURN(const Addresses found, Resolve(address));
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    if (!IsLoopback(one->ai_addr)) return false;
  }
  return true;
}

absl::StatusOr<ListeningSocket> Listen(const Address& address) {
  return address.is_unix() ? ListenUnix(address) : ListenTcp(address);
}

}  // namespace nyala
