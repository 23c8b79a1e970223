#include "tests/support/subprocess.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/system/file.h"

extern char** environ;

namespace nyala {
namespace {

// Only a hang takes so long, also on a busy machine under a sanitizer.
constexpr double kLimitSeconds = 500;
constexpr int kPollMilliseconds = 20;
constexpr char kTagVariable[] = "NYALA_TEST_PROCESS";

std::string NewTag() {
  static std::atomic<int> counter{0};
  return std::to_string(getpid()) + "." + std::to_string(counter++);
}

// A file of /proc, empty when the process is gone.
std::string ProcFile(const std::string& path) { return ReadFile(path).value_or(""); }

// The one-letter state of /proc/PID/stat, which follows the name in parentheses.
char StateOf(const std::string& proc) {
  const std::string stat = ProcFile(proc + "/stat");
  const size_t paren = stat.rfind(')');
  return paren == std::string::npos || paren + 2 >= stat.size() ? 'Z' : stat[paren + 2];
}

bool HasVariable(const std::string& environment, const std::string& variable) {
  return (std::string(1, '\0') + environment).find('\0' + variable + '\0') != std::string::npos;
}

// Appends what can be read without waiting; false at the end of the stream.
bool ReadSome(int fd, std::string* text) {
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got > 0) {
      text->append(buffer, static_cast<size_t>(got));
    } else if (got == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& string : *strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const Subprocess::Options& options, const std::string& tag) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    const std::string name = variable.substr(0, variable.find('='));
    if (options.environment.count(name) == 0 && name != kTagVariable) variables.push_back(variable);
  }
  for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
  variables.push_back(std::string(kTagVariable) + "=" + tag);
  return variables;
}

void MakePipe(int ends[2]) {
  NYALA_CHECK(pipe2(ends, O_CLOEXEC) == 0, "cannot make a pipe");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

}  // namespace

Subprocess::Subprocess(const Options& options) : tag_(NewTag()) {
  int out[2], err[2];
  MakePipe(out);
  MakePipe(err);
  std::vector<std::string> arguments = options.argv;
  std::vector<std::string> variables = Environment(options, tag_);
  const std::vector<char*> argv = Pointers(&arguments);
  const std::vector<char*> envp = Pointers(&variables);
  pid_ = fork();
  NYALA_CHECK(pid_ >= 0, "cannot fork");
  if (pid_ == 0) {
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(options.err_fd >= 0 ? options.err_fd : err[1], STDERR_FILENO);
    const std::string& directory = options.working_directory;
    if (!directory.empty() && chdir(directory.c_str()) != 0) _exit(127);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  out_fd_ = out[0];
  err_fd_ = err[0];
}

Subprocess::~Subprocess() {
  KillAll();
  if (!ended_) waitpid(pid_, nullptr, 0);
  if (out_fd_ >= 0) close(out_fd_);
  if (err_fd_ >= 0) close(err_fd_);
}

// The process by its number, too: in the moment of an exec it has no environment to be found by.
void Subprocess::KillAll() {
  Signal(SIGKILL);
  for (const pid_t pid : Family()) kill(pid, SIGKILL);
}

void Subprocess::Signal(int signal) {
  if (!ended_) kill(pid_, signal);
}

void Subprocess::Pump(int timeout_ms) {
  pollfd fds[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
  poll(fds, 2, timeout_ms);
  if (out_fd_ >= 0 && !ReadSome(out_fd_, &out_)) {
    close(out_fd_);
    out_fd_ = -1;
  }
  if (err_fd_ >= 0 && !ReadSome(err_fd_, &err_)) {
    close(err_fd_);
    err_fd_ = -1;
  }
}

void Subprocess::Reap() {
  int status = 0;
  if (ended_ || waitpid(pid_, &status, WNOHANG) != pid_) return;
  ended_ = true;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  Pump(0);
}

bool Subprocess::WaitUntil(const std::function<bool()>& condition) {
  const double give_up = MonotonicSeconds() + kLimitSeconds;
  while (!condition()) {
    if (MonotonicSeconds() > give_up) return false;
    Pump(kPollMilliseconds);
    Reap();
  }
  return true;
}

bool Subprocess::WaitForOutput(const std::string& text) {
  bool seen = false;
  WaitUntil([&] {
    seen = out_.find(text) != std::string::npos || err_.find(text) != std::string::npos;
    return seen || ended_;
  });
  return seen;
}

int Subprocess::Wait() {
  if (WaitUntil([this] { return ended_; })) return status_;
  KillAll();
  WaitUntil([this] { return ended_; });
  return -1;
}

std::vector<pid_t> Subprocess::Family() const {
  std::vector<pid_t> family;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return family;
  const std::string variable = std::string(kTagVariable) + "=" + tag_;
  while (const dirent* entry = readdir(proc)) {
    if (!std::isdigit(static_cast<unsigned char>(entry->d_name[0]))) continue;
    const std::string path = std::string("/proc/") + entry->d_name;
    if (!HasVariable(ProcFile(path + "/environ"), variable)) continue;
    const char state = StateOf(path);
    if (state != 'Z' && state != 'X') family.push_back(std::atoi(entry->d_name));
  }
  closedir(proc);
  return family;
}

Finished RunToEnd(const Subprocess::Options& options) {
  Subprocess process(options);
  const int status = process.Wait();
  return {status, process.out(), process.err()};
}

std::string ProcessName(pid_t pid) {
  std::string name = ProcFile("/proc/" + std::to_string(pid) + "/comm");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

}  // namespace nyala
