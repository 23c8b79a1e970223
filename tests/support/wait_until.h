// WaitUntil: for what another thread or process will make true.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace nyala {

// Looks every few milliseconds; false after a generous while.
inline bool WaitUntil(const std::function<bool()>& holds,
                      std::chrono::seconds limit = std::chrono::seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace nyala
