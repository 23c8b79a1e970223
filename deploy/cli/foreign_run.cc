#include "deploy/cli/foreign_run.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "actor/rollout/permission.h"
#include "common/system/log.h"

namespace nyala {

void SayWhatReachesOutside(const RunConfig& config) {
  const std::string outside = WhatReachesOutside(config);
  if (outside.empty()) return;
  LogLine(absl::StrCat("this run's configuration reaches outside of its folder: ", outside));
}

}  // namespace nyala
