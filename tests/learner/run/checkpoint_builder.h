// A small checkpoint with a value in every field. For tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "learner/run/checkpoint.h"

namespace nyala {

inline Checkpoint MakeCheckpoint(uint64_t updates, double mean_return = 12.5) {
  Checkpoint checkpoint;
  checkpoint.config.set_name("small");
  checkpoint.config.mutable_environment()->set_id("Catch-v0");
  checkpoint.run_id = "20250131-235959-1f0c9a2b";
  checkpoint.incarnation = 3;
  checkpoint.counters.version = updates + 1;
  checkpoint.counters.updates = updates;
  checkpoint.counters.frames = 640 * updates;
  checkpoint.environment_frames = 700 * updates;
  checkpoint.seconds = 0.1;
  checkpoint.counters.seconds_to_goal = 1.0 / 3;
  checkpoint.counters.frames_to_goal = 320;
  checkpoint.layout = 0xFEDCBA9876543210;
  checkpoint.next_environment = 64;
  for (uint64_t i = 0; i < 150; ++i) checkpoint.counters.episodes.Add(mean_return, i);
  checkpoint.counters.policy_lag.Add(2, 10);
  checkpoint.counters.policy_lag.Add(5000);
  checkpoint.actors.push_back({0, 2, 16, 0, {std::string("\0\xFF state", 8), ""}});
  checkpoint.actors.push_back({1, 1, 32, 32, {}});
  checkpoint.model = {{"policy.weight", {2, 2}, {1, 2, 3, 4}}, {"policy.bias", {2}, {5, 6}}};
  checkpoint.optimizer = {{"square_average", {6}, {0, 1, 2, 3, 4, 5}}};
  return checkpoint;
}

// The checkpoint's files, name and contents, in the order in which they are written.
inline std::vector<std::pair<std::string, std::string>> FilesOf(const Checkpoint& checkpoint) {
  std::vector<std::pair<std::string, std::string>> files;
  EncodeCheckpoint(checkpoint, [&files](const std::string& name, const ByteSource& source) {
    files.emplace_back(name, Collect(source).value());
    return absl::OkStatus();
  }).IgnoreError();
  return files;
}

}  // namespace nyala
