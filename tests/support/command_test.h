// CommandTest: the fixture of tests that drive the `nyala` binary from outside, as its users do.
//
// Each test has a scratch folder, which is the command's working directory, and a TMPDIR below it,
// where the launcher's sockets must not be left behind.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/support/scratch_dir.h"
#include "tests/support/subprocess.h"

namespace nyala {

class CommandTest : public ::testing::Test {
 protected:
  CommandTest();

  // `nyala ARGUMENTS...`
  Subprocess::Options Command(const std::vector<std::string>& arguments) const;
  Finished Run(const std::vector<std::string>& arguments) const;
  std::unique_ptr<Subprocess> Start(const std::vector<std::string>& arguments) const;

  // `nyala train` on Catch with a small network and one actor, and no budget or goal of its own.
  // `more` is added to the arguments.
  std::vector<std::string> Train(const std::vector<std::string>& more) const;
  // The same for `nyala learner`, listening on a port of 127.0.0.1.
  std::vector<std::string> Learner(int port, const std::vector<std::string>& more) const;
  std::vector<std::string> Actor(int port) const;
  // A finished run of some thousand frames.
  void TrainToTheEnd(const std::string& run_dir) const;

  // `options`, with a file system of that size ("48k") at the folder `disk` that only this process
  // sees. Its output ends with the names in the folder `listed`; status 77 or a word of unshare's:
  // the rights are missing (LacksRights).
  static Subprocess::Options OnSmallDisk(Subprocess::Options options, const std::string& disk,
                                         const std::string& size, const std::string& listed);
  static bool LacksRights(const Finished& finished);

  std::string run_dir() const { return scratch_ / "run"; }
  nlohmann::json Summary() const { return SummaryOf(run_dir()); }
  static nlohmann::json SummaryOf(const std::string& run_dir);
  // Frames trained on so far, by the newest row of metrics.jsonl; 0 without a row.
  uint64_t Frames() const;
  // Waits until the run has trained on so many frames more.
  bool WaitForTraining(Subprocess* process, uint64_t frames = 1000) const;
  // Paths of the checkpoints, oldest first.
  std::vector<std::string> Checkpoints() const { return CheckpointsOf(run_dir()); }
  static std::vector<std::string> CheckpointsOf(const std::string& run_dir);

  // The living processes of `process` whose name begins with `prefix`.
  static std::vector<pid_t> Named(const Subprocess& process, const std::string& prefix);
  // Expects that the ended `process` left neither a process nor anything in TMPDIR.
  void ExpectNothingLeft(Subprocess* process) const;

  ScratchDir scratch_;

 private:
  std::string config_;
};

// A port of 127.0.0.1 that nobody listens on at the moment.
int FreePort();

// "one line" of an error: text, a newline, and nothing more.
bool IsOneLine(const std::string& text);

}  // namespace nyala
