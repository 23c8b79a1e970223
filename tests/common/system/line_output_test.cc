#include "common/system/line_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Everything here would hang if a write waited.
constexpr char kMissing[] = "missing here: nobody read them, and nothing waits for a reader\n";

std::string ReadWhatIsThere(int fd) {
  std::string text;
  char buffer[65536];
  pollfd waiting = {fd, POLLIN, 0};
  while (poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

std::string Line(int number) {
  return "line " + std::to_string(number) + " " + std::string(100, 'x') + "\n";
}

// Writes lines until one is dropped; how many fitted.
int Fill(LineOutput* output) {
  int fitted = 0;
  for (; output->lost() == 0; ++fitted) output->Write(Line(fitted));
  return fitted - 1;
}

// Descriptors that a reader may neglect: a pipe, a stream socket.
class LineOutputTest : public testing::TestWithParam<const char*> {
 protected:
  LineOutputTest() {
    int ends[2];
    const bool made = std::string(GetParam()) == "pipe"
                          ? pipe(ends) == 0
                          : socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
    if (!made) ADD_FAILURE() << "no " << GetParam();
    reader_ = ends[0];
    writer_ = ends[1];
  }
  ~LineOutputTest() override {
    close(reader_);
    close(writer_);
  }

  int reader_ = -1;
  int writer_ = -1;
};

TEST_P(LineOutputTest, ALineArrivesAsItIs) {
  LineOutput output(writer_);
  output.Write("one\n");
  output.Write("two\nthree\n");
  EXPECT_EQ(ReadWhatIsThere(reader_), "one\ntwo\nthree\n");
  EXPECT_EQ(output.lost(), 0u);
}

TEST_P(LineOutputTest, WhatFindsNoRoomIsDroppedAndCounted) {
  LineOutput output(writer_);
  output.SetPrefix("nyala learner: ");
  const int fitted = Fill(&output);
  for (int i = 0; i < 10; ++i) output.Write(Line(i));
  output.Draw("drawn anew before long\n");
  EXPECT_EQ(output.lost(), 11u);
  std::string expected;
  for (int i = 0; i < fitted; ++i) expected += Line(i);
  std::string got = ReadWhatIsThere(reader_);
  output.Write("again\n");
  got += ReadWhatIsThere(reader_);
  // A socket takes a line in parts: what it took of one is completed before anything else.
  EXPECT_THAT(got, StartsWith(expected));
  EXPECT_THAT(got, EndsWith("nyala learner: 11 lines are " + std::string(kMissing) + "again\n"));
  EXPECT_EQ(output.lost(), 0u);
}

TEST_P(LineOutputTest, TheFlagsThatOthersShareStayAsTheyAre) {
  const int before = fcntl(writer_, F_GETFL);
  LineOutput output(writer_);
  Fill(&output);
  EXPECT_EQ(fcntl(writer_, F_GETFL), before);
}

TEST_P(LineOutputTest, AReaderThatGoesAwayIsNoTrouble) {
  LineOutput output(writer_);
  const auto handler = signal(SIGPIPE, SIG_IGN);
  output.Write("one\n");
  close(reader_);
  reader_ = -1;
  for (int i = 0; i < 3; ++i) output.Write("two\n");
  EXPECT_EQ(output.lost(), 0u);
  signal(SIGPIPE, handler);
}

TEST_P(LineOutputTest, FollowsARedirection) {
  int other[2];
  ASSERT_EQ(pipe(other), 0);
  LineOutput output(writer_);
  Fill(&output);
  ASSERT_GE(dup2(other[1], writer_), 0);
  output.Write("there\n");
  EXPECT_THAT(ReadWhatIsThere(other[0]), EndsWith("there\n"));
  close(other[0]);
  close(other[1]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, LineOutputTest, testing::Values("pipe", "socket"));

TEST(LineOutput, ALineLongerThanAPipeIsCompletedLater) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  LineOutput output(ends[1]);
  const std::string line = std::string(200'000, 'y') + "\n";
  output.Write(line);
  std::string got = ReadWhatIsThere(ends[0]);
  while (got.size() < line.size()) {
    const size_t before = got.size();
    output.Draw("");
    got += ReadWhatIsThere(ends[0]);
    ASSERT_GT(got.size(), before);
  }
  EXPECT_TRUE(got == line);
  close(ends[0]);
  close(ends[1]);
}

TEST(LineOutput, AFileIsWrittenToItsEnd) {
  char path[] = "/tmp/nyala-line-output-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  LineOutput output(fd);
  for (int i = 0; i < 1000; ++i) output.Write(Line(i));
  EXPECT_EQ(output.lost(), 0u);
  EXPECT_EQ(lseek(fd, 0, SEEK_CUR), lseek(fd, 0, SEEK_END));
  close(fd);
  unlink(path);
}

// Ctrl-S holds what is written to a terminal, Ctrl-Q lets it go on.
TEST(LineOutput, AHeldTerminalIsNotWaitedFor) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) GTEST_SKIP() << "no terminals";
  const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(slave, 0);
  ASSERT_EQ(tcflow(slave, TCOOFF), 0);
  LineOutput output(slave);
  for (int i = 0; i < 3000; ++i) output.Write(Line(i));
  EXPECT_GT(output.lost(), 0u);
  ASSERT_EQ(tcflow(slave, TCOON), 0);
  // A terminal takes little at a time.
  std::string got;
  for (int i = 0; i < 100'000 && got.find("again") == std::string::npos; ++i) {
    got += ReadWhatIsThere(master);
    output.Write("again\n");
  }
  EXPECT_THAT(got, HasSubstr("missing here"));
  close(slave);
  close(master);
}

}  // namespace
}  // namespace nyala
