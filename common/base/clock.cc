#include "common/base/clock.h"

#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

namespace nyala {
namespace {

double ReadClock(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

void SleepSeconds(double seconds) {
  if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

double MonotonicSeconds() { return ReadClock(CLOCK_MONOTONIC); }
double WallSeconds() { return ReadClock(CLOCK_REALTIME); }

double ProcessStartSeconds() {
  // Field 22 of /proc/self/stat: start time in clock ticks since boot (proc(5)).
  char text[1024] = {};
  if (FILE* file = std::fopen("/proc/self/stat", "r")) {
    [[maybe_unused]] const size_t read = std::fread(text, 1, sizeof(text) - 1, file);
    std::fclose(file);
  }
  unsigned long long ticks = 0;
  const char* after_name = std::strrchr(text, ')');
  if (after_name == nullptr ||
      std::sscanf(after_name + 1, "%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%llu",
                  &ticks) != 1) {
    return MonotonicSeconds();
  }
  const double since_boot = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return since_boot - (ReadClock(CLOCK_BOOTTIME) - MonotonicSeconds());
}

}  // namespace nyala
