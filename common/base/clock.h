// Time: seconds since the process (group) started, wall time, and waiting.
#pragma once

namespace nyala {

// Monotonic seconds, from an arbitrary origin common to all processes of the machine.
double MonotonicSeconds();
// Seconds since the Unix epoch.
double WallSeconds();
// MonotonicSeconds at which this process was started (by the kernel's account).
double ProcessStartSeconds();
// Blocks the calling thread for at least so long; not at all for 0.
void SleepSeconds(double seconds);

}  // namespace nyala
