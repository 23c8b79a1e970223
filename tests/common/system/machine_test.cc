#include "common/system/machine.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/thread.h"
#include "common/system/file.h"
#include "tests/support/scratch_dir.h"

namespace nyala {
namespace {

constexpr int64_t kGigabyte = int64_t{1} << 30;
constexpr char kUnified[] =
    "24 1 0:21 / /proc rw - proc proc rw\n"
    "31 24 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr char kSplit[] =
    "31 24 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "34 31 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

class Machine : public ::testing::Test {
 protected:
  Machine() { Plant("/proc/meminfo", "MemTotal:       16777216 kB\nMemFree:         1024 kB\n"); }

  void Plant(const std::string& path, const std::string& text) {
    const std::string file = absl::StrCat(root(), path);
    ASSERT_TRUE(MakeDirs(file.substr(0, file.rfind('/'))).ok());
    ASSERT_TRUE(WriteFile(file, text).ok());
  }
  void Process(const std::string& mounts, const std::string& groups) {
    Plant("/proc/self/mountinfo", mounts);
    Plant("/proc/self/cgroup", groups);
  }

  std::string root() const { return dir_.path(); }
  double cores() const { return ReadCgroupLimits(root()).cores; }
  int64_t memory() const { return UsableMemoryBytes(root()); }

 private:
  ScratchDir dir_;
};

TEST_F(Machine, WithoutCgroupsHasAllItsMemoryAndNoQuota) {
  EXPECT_EQ(memory(), 16 * kGigabyte);
  EXPECT_TRUE(std::isinf(cores()));
}

TEST_F(Machine, TakesTheLimitsOfItsOwnGroupInVersion2) {
  Process(kUnified, "0::/job\n");
  Plant("/sys/fs/cgroup/job/cpu.max", "250000 100000\n");
  Plant("/sys/fs/cgroup/job/memory.max", "2147483648\n");
  EXPECT_DOUBLE_EQ(cores(), 2.5);
  EXPECT_EQ(memory(), 2 * kGigabyte);
}

TEST_F(Machine, TakesTheLimitOfAContainerThatSeesItselfAsTheRoot) {
  Process(kUnified, "0::/\n");
  Plant("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  Plant("/sys/fs/cgroup/memory.max", "1073741824\n");
  EXPECT_DOUBLE_EQ(cores(), 2);
  EXPECT_EQ(memory(), kGigabyte);
}

TEST_F(Machine, TakesTheSmallestLimitOfNestedSlices) {
  Process(kUnified, "0::/user.slice/user-1000.slice/run.scope\n");
  Plant("/sys/fs/cgroup/user.slice/cpu.max", "300000 100000\n");
  Plant("/sys/fs/cgroup/user.slice/user-1000.slice/cpu.max", "max 100000\n");
  Plant("/sys/fs/cgroup/user.slice/user-1000.slice/run.scope/cpu.max", "800000 100000\n");
  Plant("/sys/fs/cgroup/user.slice/memory.max", "max\n");
  Plant("/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", "3221225472\n");
  Plant("/sys/fs/cgroup/user.slice/user-1000.slice/run.scope/memory.max", "8589934592\n");
  EXPECT_DOUBLE_EQ(cores(), 3);
  EXPECT_EQ(memory(), 3 * kGigabyte);
}

TEST_F(Machine, MaxIsNoLimit) {
  Process(kUnified, "0::/job\n");
  Plant("/sys/fs/cgroup/job/cpu.max", "max 100000\n");
  Plant("/sys/fs/cgroup/job/memory.max", "max\n");
  EXPECT_TRUE(std::isinf(cores()));
  EXPECT_EQ(memory(), 16 * kGigabyte);
}

TEST_F(Machine, ALimitBeyondTheMachineIsTheMachine) {
  Process(kUnified, "0::/job\n");
  Plant("/sys/fs/cgroup/job/memory.max", "1099511627776\n");
  EXPECT_EQ(memory(), 16 * kGigabyte);
}

TEST_F(Machine, TakesTheSmallestLimitOfVersion1) {
  Process(kSplit, "4:memory:/docker/abc/job\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/\n");
  Plant("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "150000\n");
  Plant("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n");
  Plant("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1\n");
  Plant("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
  Plant("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "4294967296\n");
  Plant("/sys/fs/cgroup/memory/docker/abc/job/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_DOUBLE_EQ(cores(), 1.5);
  EXPECT_EQ(memory(), 4 * kGigabyte);
}

TEST_F(Machine, NoLimitOfVersion1IsTheMachine) {
  Process(kSplit, "4:memory:/\n3:cpu,cpuacct:/\n");
  Plant("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  Plant("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  Plant("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_TRUE(std::isinf(cores()));
  EXPECT_EQ(memory(), 16 * kGigabyte);
}

TEST_F(Machine, FindsAContainersGroupWhereItsMountShowsThatAlone) {
  // Version 1 without a namespace: the path is the host's, the mount starts at the container.
  Process("33 31 0:29 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
          "4:memory:/docker/abc/job\n");
  Plant("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n");
  EXPECT_EQ(memory(), 2 * kGigabyte);
  Plant("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1073741824\n");
  EXPECT_EQ(memory(), kGigabyte);
}

TEST_F(Machine, TakesTheMountsLimitWhereItsOwnGroupIsOutside) {
  Process(kUnified, "0::/../../other\n");
  Plant("/sys/fs/cgroup/memory.max", "2147483648\n");
  EXPECT_EQ(memory(), 2 * kGigabyte);
}

TEST_F(Machine, WhatCannotBeReadDoesNotLimit) {
  Process("nonsense\n31 24 0:27 / - cgroup2\n", "nonsense\n0::/gone\n");
  EXPECT_TRUE(std::isinf(cores()));
  EXPECT_EQ(memory(), 16 * kGigabyte);
  Process(kUnified, "0::/job\n");
  Plant("/sys/fs/cgroup/job/cpu.max", "much\n");
  Plant("/sys/fs/cgroup/job/memory.max", "\n");
  EXPECT_TRUE(std::isinf(cores()));
  EXPECT_EQ(memory(), 16 * kGigabyte);
}

TEST(UsableCores, AreThoseOfTheAffinityMask) {
  int of_one = 0;
  Thread pinned("pinned", [&] {
    cpu_set_t allowed;
    ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    of_one = UsableCores();
  });
  pinned.Join();
  EXPECT_EQ(of_one, 1);
}

TEST(UsableMemoryBytes, IsThatOfThisMachine) { EXPECT_GT(UsableMemoryBytes(), 1 << 20); }

}  // namespace
}  // namespace nyala
