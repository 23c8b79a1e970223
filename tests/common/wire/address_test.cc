#include "common/wire/address.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

using ::testing::HasSubstr;

// A socket bound to a unix path; it listens if asked to. The file stays when it is closed.
int BoundSocket(const std::string& path, bool listening) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof(name.sun_path) - 1);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  if (listening) {
    EXPECT_EQ(listen(fd, 1), 0);
  }
  return fd;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(AddressTest, ParsesEveryForm) {
  for (const char* text : {"127.0.0.1:5000", "learner.example:1", "[::1]:0", "unix:/tmp/x"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->text(), text);
  }
}

TEST(AddressTest, SaysWhatIsWrong) {
  EXPECT_THAT(Message(ParseAddress("localhost").status()), HasSubstr("no port"));
  EXPECT_THAT(Message(ParseAddress(":5000").status()), HasSubstr("no host"));
  EXPECT_THAT(Message(ParseAddress("::1:5000").status()), HasSubstr("brackets"));
  EXPECT_THAT(Message(ParseAddress("localhost:http").status()), HasSubstr("port"));
  EXPECT_THAT(Message(ParseAddress("localhost:65536").status()), HasSubstr("port"));
  EXPECT_THAT(Message(ParseAddress("unix:").status()), HasSubstr("no path"));
}

TEST(AddressTest, ASocketPathThatIsTooLongIsRefusedWithBothLengths) {
  EXPECT_TRUE(ParseAddress("unix:/" + std::string(106, 'x')).ok());
  const absl::Status status = ParseAddress("unix:/" + std::string(107, 'x')).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Message(status), HasSubstr("107"));
  EXPECT_THAT(Message(status), HasSubstr("108"));
}

TEST(AddressTest, KnowsWhatStaysOnThisMachine) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/tmp/x"}) {
    EXPECT_TRUE(*IsLocal(*ParseAddress(text))) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[2001:db8::1]:1"}) {
    EXPECT_FALSE(*IsLocal(*ParseAddress(text))) << text;
  }
}

// Listens for a moment.
absl::Status TryToListen(const Address& address) {
  const absl::StatusOr<ListeningSocket> socket = Listen(address);
  if (socket.ok()) close(socket->fd);
  return socket.status();
}

TEST(AddressTest, ASocketFileIsItsUsersAloneFromTheStart) {
  const ScratchDir dir;
  const std::string path = dir / "socket";
  ASSERT_TRUE(TryToListen(*ParseAddress("unix:" + path)).ok());
  struct stat file {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST(AddressTest, APortInUseIsSaidInOneLine) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  socklen_t size = sizeof(name);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  const std::string text = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  EXPECT_EQ(Message(TryToListen(*ParseAddress(text))),
            "cannot listen on " + text + ": address already in use");
  close(fd);
  EXPECT_TRUE(TryToListen(*ParseAddress(text)).ok());
}

TEST(AddressTest, AStaleSocketIsRemovedAndALiveOneIsNot) {
  const ScratchDir dir;
  const std::string path = dir / "socket";
  const Address address = *ParseAddress("unix:" + path);
  EXPECT_TRUE(TryToListen(address).ok());
  unlink(path.c_str());
  close(BoundSocket(path, false));
  ASSERT_EQ(access(path.c_str(), F_OK), 0);
  EXPECT_TRUE(TryToListen(address).ok());
  unlink(path.c_str());
  const int live = BoundSocket(path, true);
  EXPECT_EQ(Message(TryToListen(address)),
            "cannot listen on unix:" + path + ": address already in use");
  EXPECT_EQ(access(path.c_str(), F_OK), 0);
  close(live);
}

TEST(AddressTest, AFileInTheWayIsLeftAlone) {
  const ScratchDir dir;
  std::ofstream(dir / "file") << "precious";
  const absl::Status status = TryToListen(*ParseAddress("unix:" + dir / "file"));
  EXPECT_THAT(Message(status), HasSubstr("no socket"));
  EXPECT_EQ(access((dir / "file").c_str(), F_OK), 0);
}

TEST(AddressTest, AFolderThatIsMissingOrAHostThatIsUnknownIsSaid) {
  const ScratchDir dir;
  const absl::Status status = TryToListen(*ParseAddress("unix:" + dir / "no/x"));
  EXPECT_THAT(Message(status), HasSubstr("no such file or directory"));
  EXPECT_TRUE(absl::IsUnavailable(IsLocal(*ParseAddress("no.such.host.invalid:1")).status()));
}

}  // namespace
}  // namespace nyala
