// "Faulty": an environment with the fault that its arguments name, for tests.
//
//   Faulty,fault=nan_reward,after=20,once=FILE
//
// Faults: none, nan_observation, nan_reward, both_ends, spec (that changes), fail, throw,
// throw_text, hang, crash, exit, huge_reward; and, while it is made, hang_making, crash_making,
// throw_making, cancel_making, slow_making (a second each), other_spec (than the instance before).
// It comes at step number `after` of each
// instance; with `once`, only if FILE is not there yet, and then makes it: the next process is
// spared. With `helpers=1` it starts, while it is made, a process "faulty-helper" and one that has
// left its parent, group and session, "faulty-daemon"; both stay. Observation float32[2], 2
// actions, episodes of 10 frames.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

#include "actor/environment_registry.h"
#include "common/base/status_macros.h"

namespace nyala {

class FaultyEnvironment : public Environment {
 public:
  static absl::StatusOr<std::unique_ptr<Environment>> Make(const EnvironmentId& id) {
    auto made = std::make_unique<FaultyEnvironment>();
    NYALA_RETURN_IF_ERROR(ReadArguments(id, {{"fault", &made->fault_},
                                             {"after", &made->after_},
                                             {"once", &made->once_},
                                             {"helpers", &made->helpers_}}));
    made->spec_.id = id.text;
    if (made->helpers_ != 0) StartHelpers();
    if (made->fault_ == "hang_making") made->Hang();
    if (made->fault_ == "crash_making") abort();
    if (made->fault_ == "slow_making" && made->Comes()) usleep(1000000);
    if (made->fault_ == "throw_making") throw std::runtime_error("no such model");
    if (made->fault_ == "cancel_making") return absl::CancelledError("no licence");
    if (made->fault_ == "other_spec") made->spec_.action.n += Instances()++;
    return std::unique_ptr<Environment>(std::move(made));
  }

  FaultyEnvironment() {
    spec_.observation = {DType::kFloat32, {2}};
    spec_.action.n = 2;
    spec_.description = "for tests";
  }

  const EnvSpec& spec() const override { return spec_; }
  void Reset(uint64_t, ObservationRef observation) override {
    frame_ = 0;
    Observe(observation);
  }
  StepResult Step(ActionRef action, ObservationRef observation) override {
    StepResult result;
    result.reward = static_cast<float>(action.discrete());
    result.terminated = ++frame_ == 10;
    Observe(observation);
    if (steps_++ == after_ && Comes()) Misbehave(observation, &result);
    return result;
  }

 private:
  bool Comes() const {
    if (once_.empty()) return true;
    const int fd = open(once_.c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    close(fd);
    return true;
  }

  void Misbehave(ObservationRef observation, StepResult* result) {
    constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
    if (fault_ == "nan_reward") result->reward = kNaN;
    if (fault_ == "huge_reward") result->reward = 1e30f;
    if (fault_ == "nan_observation") {
      observation.floats()[1] = kNaN;
      result->terminated = false;
    }
    // A code that would mean a lost learner, if it were the endpoint's.
    if (fault_ == "fail") Fail(absl::UnavailableError("the simulator is gone"));
    if (fault_ == "throw") throw std::runtime_error("the simulator\ngave up\n");
    if (fault_ == "throw_text") throw "the simulator is tired";
    if (fault_ == "both_ends") result->terminated = result->truncated = true;
    if (fault_ == "spec") {
      spec_.observation.shape = {1};
      result->terminated = true;
    }
    if (fault_ == "hang") Hang();
    if (fault_ == "crash") abort();
    if (fault_ == "exit") _exit(0);
  }

  static int64_t& Instances() {
    static int64_t instances = 0;
    return instances;
  }

  [[noreturn]] static void Hang() {
    while (true) pause();
  }

  [[noreturn]] static void HelpAs(const char* name) {
    prctl(PR_SET_NAME, name);
    // As a program of its own: what held a signal back held it back in this process.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    Hang();
  }

  static void StartHelpers() {
    if (fork() == 0) HelpAs("faulty-helper");
    const pid_t parent = fork();
    if (parent == 0) {
      setsid();
      if (fork() == 0) HelpAs("faulty-daemon");
      _exit(0);
    }
    waitpid(parent, nullptr, 0);
  }

  void Observe(ObservationRef observation) const {
    observation.floats()[0] = static_cast<float>(frame_);
    observation.floats()[1] = 1;
  }

  EnvSpec spec_;
  std::string fault_ = "none";
  std::string once_;
  int64_t after_ = 0;
  int64_t helpers_ = 0;
  int64_t frame_ = 0;
  int64_t steps_ = 0;
};

inline void RegisterFaultyEnvironment() {
  static const bool once = [] {
    Environments().Register("Faulty", FaultyEnvironment::Make, Reach::Nothing());
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace nyala
