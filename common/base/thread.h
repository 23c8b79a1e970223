// Thread: a named thread with one owner that joins it.
//
// The destructor joins, so whoever owns it must have told the body to end before.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace nyala {

class Thread {
 public:
  Thread() = default;
  // `name` shows in debuggers and top; at most 15 characters are kept.
  Thread(const std::string& name, std::function<void()> body);
  ~Thread() { Join(); }
  Thread(Thread&&) = default;
  Thread& operator=(Thread&&) = delete;
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace nyala
