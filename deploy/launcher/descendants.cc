#include "deploy/launcher/descendants.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr double kShortestPause = 0.001;
constexpr double kLongestPause = 0.05;

struct Process {
  pid_t pid = 0;
  bool lives = false;  // a zombie does not
};

using ByParent = std::multimap<pid_t, Process>;

// "PID (NAME) STATE PARENT ...", where the name may hold anything.
std::optional<std::pair<pid_t, Process>> ReadProcess(pid_t pid) {
  const std::string stat = ReadFile(absl::StrCat("/proc/", pid, "/stat")).value_or("");
  const size_t paren = stat.rfind(')');
  char state = 0;
  int parent = 0;
  if (paren == std::string::npos ||
      std::sscanf(stat.c_str() + paren + 1, " %c %d", &state, &parent) != 2) {
    return std::nullopt;
  }
  return std::make_pair(parent, Process{pid, state != 'Z' && state != 'X'});
}

ByParent ReadProcesses() {
  ByParent all;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return all;
  while (const dirent* entry = readdir(proc)) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry->d_name, &pid)) continue;
    if (const auto process = ReadProcess(pid)) all.insert(*process);
  }
  closedir(proc);
  return all;
}

std::vector<Process> DescendantsOf(pid_t ancestor) {
  const ByParent all = ReadProcesses();
  std::vector<Process> found;
  std::vector<pid_t> parents = {ancestor};
  while (!parents.empty()) {
    const auto [begin, end] = all.equal_range(parents.back());
    parents.pop_back();
    for (auto child = begin; child != end; ++child) {
      found.push_back(child->second);
      parents.push_back(child->second.pid);
    }
  }
  return found;
}

}  // namespace

void KillDescendants(double limit_seconds) {
  // Whose parent is killed first must not get away.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const double give_up = MonotonicSeconds() + limit_seconds;
  for (double pause = kShortestPause;; pause = std::min(2 * pause, kLongestPause)) {
    bool any = false;
    for (const Process& process : DescendantsOf(getpid())) {
      kill(process.pid, SIGKILL);
      any = any || process.lives;
    }
    if (!any || MonotonicSeconds() > give_up) return;
    SleepSeconds(pause);
  }
}

}  // namespace nyala
