// The flags that `train` and `learner` share. One owner, one thread.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "deploy/cli/run_plan.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace nyala {

class RunFlags {
 public:
  // `app` writes to this object while it parses.
  void AddTo(CLI::App& app);
  // Only what makes up the configuration, without the run's folder.
  void AddConfigTo(CLI::App& app);
  // After parsing. InvalidArgument names the flag whose value is wrong.
  absl::StatusOr<RunRequest> Request() const;

 private:
  struct FieldFlag {
    const char* flag;
    const char* path;
    std::string value;
    const CLI::Option* option;
  };

  RunRequest request_;
  std::vector<std::string> sets_;
  // A deque, as `app` holds addresses of its members.
  std::deque<FieldFlag> fields_;
};

}  // namespace nyala
