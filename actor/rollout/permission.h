// Permission: what of a learner's configuration an actor takes although it reaches outside of the
// actor's program (actor/reach.h): environments that read files, import modules or connect to
// servers, networks that are files.
//
// The rest, which is built in and closed, is always taken. Values; any thread may Check.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "actor/reach.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class Permission {
 public:
  // Nothing that reaches outside.
  Permission() = default;

  // What this configuration asks for and nothing else.
  static Permission For(const RunConfig& config);

  // More: environments and networks that begin with `allowed`, as "gym:my_module",
  // "grpc:simulator:5005,token_file=token", "torchscript:/models/". What goes on after it does so
  // at a ':' or '/', holds no further ':' (unless `allowed` is a family's prefix alone) and no
  // "..". An argument that reaches outside needs one of its name in `allowed`, whose value it
  // begins with in the same way; an empty value stands for all. InvalidArgument when it is empty or
  // an argument of it is not NAME=VALUE.
  absl::Status Allow(const std::string& allowed);

  // FailedPrecondition in one line, with what was asked for and what Allow would take, when
  // environment or network of `config` reaches what is not allowed. Nothing is made or opened.
  absl::Status Check(const RunConfig& config) const;

 private:
  // What of it none of `allowed_` takes, as "argument level=3"; empty: nothing.
  std::string NotAllowed(const std::string& id, const Outside& outside) const;
  bool AllowsNetwork(const std::string& name) const;

  std::vector<std::string> allowed_;
  // Taken when they are these to the letter.
  std::vector<std::string> exactly_;
};

// What making environment and network of `config` does outside of this program and the run's own
// folder, as "environment 'gym:a:B' imports a Python module"; empty: nothing.
std::string WhatReachesOutside(const RunConfig& config);

// What an actor of such a run has to Allow; empty: nothing.
std::vector<std::string> WhatToAllow(const RunConfig& config);

}  // namespace nyala
