// Subprocess: a program under test, with its output and its end observed from outside.
//
// One owner, one thread. Waits are on conditions (output seen, process ended), each with a generous
// limit that only a hang reaches. The destructor kills what is still running, descendants included:
// every descendant carries a tag in its environment, by which it is found wherever it went.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nyala {

class Subprocess {
 public:
  struct Options {
    std::vector<std::string> argv;
    // Added to the environment of this process.
    std::map<std::string, std::string> environment;
    // Empty: this process's.
    std::string working_directory;
    // Takes its standard error, and stays the caller's; -1: what it says is read here.
    int err_fd = -1;
  };

  explicit Subprocess(const Options& options);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);

  // Waits until standard output and standard error together contain `text`; false when the program
  // ended, or the limit passed, without.
  bool WaitForOutput(const std::string& text);
  // Waits for the end; the exit status as a shell gives it (128 + signal), or -1 when the limit
  // passed (the process is then killed).
  int Wait();

  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }
  // Both, for messages of failed expectations.
  std::string output() const { return out_ + err_; }

  // The processes that came of this one and live (zombies do not), itself included.
  std::vector<pid_t> Family() const;
  // Waits until `condition` holds; false when the limit passed first. Output is read meanwhile.
  bool WaitUntil(const std::function<bool()>& condition);

 private:
  void KillAll();
  // Reads what is there, waiting at most `timeout_ms` for more or for the end.
  void Pump(int timeout_ms);
  void Reap();

  std::string tag_;
  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  int status_ = -1;
  bool ended_ = false;
  std::string out_, err_;
};

// Runs `options` to its end.
struct Finished {
  int status;
  std::string out, err;
};
Finished RunToEnd(const Subprocess::Options& options);

// The name (as in top) of a process; empty when it is gone.
std::string ProcessName(pid_t pid);

}  // namespace nyala
