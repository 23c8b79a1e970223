#include "common/system/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>

#include "gtest/gtest.h"

namespace nyala {
namespace {

// In a child, since a hard limit cannot be raised again: 0 when `body` says true.
int InChildWithHardLimit(rlim_t hard, const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{hard / 2, hard};
    _exit(setrlimit(RLIMIT_NOFILE, &limit) == 0 && body() ? 0 : 1);
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

int OpenOne() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

// Until there are no more; the number of the highest plus one.
int TakeAll() {
  int highest = -1;
  for (int fd = OpenOne(); fd >= 0; fd = OpenOne()) highest = fd;
  return errno == EMFILE ? highest + 1 : -1;
}

rlim_t SoftLimit() {
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

TEST(Descriptors, TheSoftLimitIsRaisedAndAReserveKept) {
  EXPECT_EQ(InChildWithHardLimit(512,
                                 [] {
                                   const DescriptorLimit limit = RaiseDescriptorLimit();
                                   return limit.usable == 480 && limit.reserved == 32 &&
                                          TakeAll() == 480;
                                 }),
            0);
}

TEST(Descriptors, OfFewTheReserveIsAQuarter) {
  EXPECT_EQ(InChildWithHardLimit(64,
                                 [] {
                                   const DescriptorLimit limit = RaiseDescriptorLimit();
                                   return limit.usable == 48 && limit.reserved == 16;
                                 }),
            0);
}

TEST(Descriptors, WhereAllAreTakenTheReserveHasSome) {
  EXPECT_EQ(InChildWithHardLimit(128,
                                 [] {
                                   RaiseDescriptorLimit();
                                   if (TakeAll() != 96) return false;
                                   auto first = std::make_unique<DescriptorReserve>();
                                   const int fd = OpenOne();
                                   close(fd);
                                   {
                                     DescriptorReserve second;
                                     first.reset();
                                     // One of two holders has gone.
                                     if (SoftLimit() != 128) return false;
                                   }
                                   return fd >= 96 && OpenOne() < 0 && errno == EMFILE;
                                 }),
            0);
}

TEST(Descriptors, RaisingItAgainChangesNothing) {
  EXPECT_EQ(InChildWithHardLimit(128,
                                 [] {
                                   RaiseDescriptorLimit();
                                   DescriptorReserve reserve;
                                   return RaiseDescriptorLimit().usable == 96 && SoftLimit() == 128;
                                 }),
            0);
}

TEST(Descriptors, WithoutAReserveHoldingOneChangesNothing) {
  EXPECT_EQ(InChildWithHardLimit(128,
                                 [] {
                                   DescriptorReserve reserve;
                                   return SoftLimit() == 64;
                                 }),
            0);
}

}  // namespace
}  // namespace nyala
