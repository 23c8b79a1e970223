#include "common/system/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/system/file.h"

namespace nyala {
namespace {

// Words of a small file; none where it cannot be read.
std::vector<std::string> ReadWords(const std::string& path) {
  return absl::StrSplit(ReadFile(path).value_or(""), absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
}

std::vector<std::string> ReadLines(const std::string& path) {
  return absl::StrSplit(ReadFile(path).value_or(""), '\n', absl::SkipEmpty());
}

// The number that a file holds; none for "max", -1 and a file that is not there.
std::optional<double> ReadLimit(const std::string& path) {
  const std::vector<std::string> words = ReadWords(path);
  double value = 0;
  if (words.empty() || !absl::SimpleAtod(words[0], &value) || value < 0) return std::nullopt;
  return value;
}

void LimitMemory(const std::string& file, CgroupLimits* limits) {
  const std::optional<double> bytes = ReadLimit(file);
  // Version 1 says "no limit" with a number near 2^63.
  if (!bytes || *bytes >= 0x1p62) return;
  limits->memory_bytes = std::min(limits->memory_bytes, static_cast<int64_t>(*bytes));
}

void LimitCores(double quota, double period, CgroupLimits* limits) {
  if (quota > 0 && period > 0) limits->cores = std::min(limits->cores, quota / period);
}

// `folder` is one group of the unified hierarchy of version 2.
void ReadUnifiedGroup(const std::string& folder, CgroupLimits* limits) {
  LimitMemory(absl::StrCat(folder, "/memory.max"), limits);
  // "QUOTA PERIOD" in microseconds, or "max PERIOD".
  const std::vector<std::string> words = ReadWords(absl::StrCat(folder, "/cpu.max"));
  double quota = 0;
  double period = 0;
  if (words.size() != 2 || !absl::SimpleAtod(words[0], &quota)) return;
  if (absl::SimpleAtod(words[1], &period)) LimitCores(quota, period, limits);
}

// `folder` is one group of a hierarchy of version 1, which has the files of its controllers alone.
void ReadSplitGroup(const std::string& folder, CgroupLimits* limits) {
  LimitMemory(absl::StrCat(folder, "/memory.limit_in_bytes"), limits);
  LimitCores(ReadLimit(absl::StrCat(folder, "/cpu.cfs_quota_us")).value_or(0),
             ReadLimit(absl::StrCat(folder, "/cpu.cfs_period_us")).value_or(0), limits);
}

struct Mount {
  bool unified = false;
  std::string root;  // the group that is seen at `point`
  std::string point;
  std::vector<std::string> controllers;  // of version 1
};

// Those of cgroups in /proc/self/mountinfo: "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS... - TYPE
// SOURCE SUPER_OPTIONS", with spaces in paths as \040.
std::vector<Mount> CgroupMounts(const std::string& root) {
  std::vector<Mount> mounts;
  for (const std::string& line : ReadLines(absl::StrCat(root, "/proc/self/mountinfo"))) {
    const std::vector<std::string> halves = absl::StrSplit(line, absl::MaxSplits(" - ", 1));
    if (halves.size() != 2) continue;
    const std::vector<std::string> place = absl::StrSplit(halves[0], ' ');
    const std::vector<std::string> type = absl::StrSplit(halves[1], ' ');
    if (place.size() < 5 || type.size() < 3) continue;
    if (type[0] != "cgroup" && type[0] != "cgroup2") continue;
    Mount mount;
    mount.unified = type[0] == "cgroup2";
    if (!absl::CUnescape(place[3], &mount.root) || !absl::CUnescape(place[4], &mount.point)) {
      continue;
    }
    mount.controllers = absl::StrSplit(type[2], ',');
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

// Whether `mount` shows the hierarchy of a line "NUMBER:CONTROLLERS:PATH" of /proc/self/cgroup.
bool Shows(const Mount& mount, const std::vector<std::string>& line) {
  if (mount.unified) return line[1].empty();
  for (const absl::string_view controller : absl::StrSplit(line[1], ',', absl::SkipEmpty())) {
    if (std::find(mount.controllers.begin(), mount.controllers.end(), controller) !=
        mount.controllers.end()) {
      return true;
    }
  }
  return false;
}

// Where `path` is below the mount's point: "" for the point itself, also for a group outside what
// the mount shows, whose limits beyond the point are not to be seen.
std::string BelowPoint(const Mount& mount, absl::string_view path) {
  if (mount.root != "/" && !absl::ConsumePrefix(&path, mount.root)) return "";
  if (!path.empty() && !absl::StartsWith(path, "/")) return "";
  if (absl::StartsWith(path, "/..")) return "";
  return std::string(absl::StripSuffix(path, "/"));
}

int64_t MachineMemoryBytes(const std::string& root) {
  for (const std::string& line : ReadLines(absl::StrCat(root, "/proc/meminfo"))) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    int64_t kilobytes = 0;
    if (words.size() >= 2 && words[0] == "MemTotal:" && absl::SimpleAtoi(words[1], &kilobytes)) {
      return kilobytes * 1024;
    }
  }
  return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

}  // namespace

std::string HostName() {
  char name[256] = "";
  // A name that does not fit is cut; the last byte stays 0.
  if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "unknown";
  return name;
}

CgroupLimits ReadCgroupLimits(const std::string& root) {
  CgroupLimits limits;
  const std::vector<Mount> mounts = CgroupMounts(root);
  for (const std::string& text : ReadLines(absl::StrCat(root, "/proc/self/cgroup"))) {
    const std::vector<std::string> line = absl::StrSplit(text, absl::MaxSplits(':', 2));
    if (line.size() != 3) continue;
    for (const Mount& mount : mounts) {
      if (!Shows(mount, line)) continue;
      const std::string point = absl::StrCat(root, mount.point);
      std::string below = BelowPoint(mount, line[2]);
      while (true) {
        const std::string folder = absl::StrCat(point, below);
        mount.unified ? ReadUnifiedGroup(folder, &limits) : ReadSplitGroup(folder, &limits);
        if (below.empty()) break;
        below.resize(below.rfind('/'));
      }
    }
  }
  return limits;
}

int UsableCores() {
  cpu_set_t set;
  // The mask of more cores than the set has room for is read by the library alone.
  int cores = sched_getaffinity(0, sizeof(set), &set) == 0
                  ? CPU_COUNT(&set)
                  : static_cast<int>(std::thread::hardware_concurrency());
  const double quota = std::ceil(ReadCgroupLimits("").cores);
  if (quota < cores) cores = static_cast<int>(quota);
  return std::max(1, cores);
}

int64_t UsableMemoryBytes(const std::string& root) {
  return std::min(MachineMemoryBytes(root), ReadCgroupLimits(root).memory_bytes);
}

absl::Status CheckAddressSpace() {
  // Measured: below 2 GB CartPole does not start, with 3 it trains; each thread has a stack and a
  // heap of its own.
  constexpr rlim_t kLeast = 3'000'000'000;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur >= kLeast) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "this process may have %.1f GB of address space (ulimit -v), and needs %.0f for libraries "
      "and threads, most of which is no memory; raise the limit",
      static_cast<double>(limit.rlim_cur) / 1e9, static_cast<double>(kLeast) / 1e9));
}

int64_t UsableMemoryBytes() { return UsableMemoryBytes(""); }

}  // namespace nyala
