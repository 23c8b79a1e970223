// What a resumed run may change of the configuration that its checkpoint was made with.
//
// Every field of RunConfig is judged once, in the table of resume_rules.cc. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "nyala/run_config.pb.h"

namespace nyala {

enum class ResumeRule {
  // Budgets, shares of the machine, files, names: what is learnt from a frame stays as it is.
  kFree,
  // How learning goes on, from parameters that mean what they meant.
  kLearning,
  // What the parameters compute, or what was measured and counted: only when it is forced.
  kMeaning,
};

struct ResumeField {
  const char* path;
  ResumeRule rule;
};
absl::Span<const ResumeField> ResumeFields();

struct ConfigChange {
  std::string path;
  // As they would be written on the command line; "unset" where there is no value.
  std::string before, after;
  ResumeRule rule = ResumeRule::kFree;
};

// The fields that differ, in the order of the .proto. A field that is unset has its default.
std::vector<ConfigChange> CompareConfigs(RunConfig before, RunConfig after);

// "path: before -> after", and what that means where it means more than another budget.
std::string DescribeChange(const ConfigChange& change);

// InvalidArgument in one line when one of the changes is kMeaning.
absl::Status CheckMeaning(const std::vector<ConfigChange>& changes);

// One line for each schedule that is somewhere else at `frames` because schedules end elsewhere,
// with what keeps the old one.
std::vector<std::string> DescribeMovedSchedules(const RunConfig& before, const RunConfig& after,
                                                uint64_t frames);

}  // namespace nyala
