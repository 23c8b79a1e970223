// Time: seconds since the process (group) started, and wall time.
#pragma once

namespace nyala {

// Monotonic seconds, from an arbitrary origin common to all processes of the machine.
double MonotonicSeconds();
// Seconds since the Unix epoch.
double WallSeconds();
// MonotonicSeconds at which this process was started (by the kernel's account).
double ProcessStartSeconds();

}  // namespace nyala
