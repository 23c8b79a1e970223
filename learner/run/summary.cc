#include "learner/run/summary.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/system/descriptors.h"
#include "common/system/file.h"
#include "learner/run/json_fields.h"

namespace nyala {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

OrderedJson Encode(const Summary& summary) {
  const auto or_null = [](const auto& value) {
    return value.has_value() ? OrderedJson(*value) : OrderedJson(nullptr);
  };
  const Summary::PolicyLag& lag = summary.policy_lag;
  return {
      {"frames", summary.frames},
      {"replayed_frames", summary.replayed_frames},
      {"mean_replay_age", summary.mean_replay_age},
      {"updates", summary.updates},
      {"seconds", summary.seconds},
      {"frames_per_second", summary.frames_per_second},
      {"mean_return_100", summary.mean_return_100},
      {"best_mean_return_100", summary.best_mean_return_100},
      {"goal_reached", summary.goal_reached},
      {"seconds_to_goal", or_null(summary.seconds_to_goal)},
      {"frames_to_goal", or_null(summary.frames_to_goal)},
      {"policy_lag", {{"mean", lag.mean}, {"p50", lag.p50}, {"p99", lag.p99}, {"max", lag.max}}},
      {"actors", summary.actors},
      {"actor_restarts", summary.actor_restarts},
      {"learner_restarts", summary.learner_restarts},
      {"exit_reason", summary.exit_reason},
      {"peak_rss_bytes", summary.peak_rss_bytes},
  };
}

void DecodeLag(const Json& json, JsonFields* summary, Summary::PolicyLag* lag) {
  if (!json.is_object()) return summary->Fail("policy_lag", "is no object");
  JsonFields fields(json);
  fields.Read("mean", &lag->mean);
  fields.Read("p50", &lag->p50);
  fields.Read("p99", &lag->p99);
  fields.Read("max", &lag->max);
  if (!fields.status().ok()) summary->Fail("policy_lag", fields.status().message());
}

void DecodeRss(const Json& json, JsonFields* summary, std::map<std::string, uint64_t>* bytes) {
  if (!json.is_object()) return summary->Fail("peak_rss_bytes", "is no object");
  for (const auto& [process, value] : json.items()) {
    if (!value.is_number_unsigned()) return summary->Fail("peak_rss_bytes", "has a wrong value");
    (*bytes)[process] = value.get<uint64_t>();
  }
}

absl::StatusOr<Summary> Decode(const Json& json) {
  Summary summary;
  JsonFields fields(json);
  fields.Read("frames", &summary.frames);
  fields.Read("replayed_frames", &summary.replayed_frames);
  fields.Read("mean_replay_age", &summary.mean_replay_age);
  fields.Read("updates", &summary.updates);
  fields.Read("seconds", &summary.seconds);
  fields.Read("frames_per_second", &summary.frames_per_second);
  fields.Read("mean_return_100", &summary.mean_return_100);
  fields.Read("best_mean_return_100", &summary.best_mean_return_100);
  fields.Read("goal_reached", &summary.goal_reached);
  fields.Read("seconds_to_goal", &summary.seconds_to_goal);
  fields.Read("frames_to_goal", &summary.frames_to_goal);
  fields.Read("actors", &summary.actors);
  fields.Read("actor_restarts", &summary.actor_restarts);
  fields.Read("learner_restarts", &summary.learner_restarts);
  fields.Read("exit_reason", &summary.exit_reason);
  DecodeLag(fields.At("policy_lag"), &fields, &summary.policy_lag);
  DecodeRss(fields.At("peak_rss_bytes"), &fields, &summary.peak_rss_bytes);
  if (!fields.status().ok()) return fields.status();
  return summary;
}

}  // namespace

Summary Summarize(const RunCounters& counters, double seconds) {
  Summary summary;
  summary.frames = counters.frames;
  summary.replayed_frames = counters.replayed_frames;
  summary.mean_replay_age = counters.replay_age.Mean();
  summary.updates = counters.updates;
  summary.seconds = seconds;
  summary.frames_per_second = static_cast<double>(counters.frames) / std::max(1e-9, seconds);
  summary.mean_return_100 = counters.episodes.mean_return();
  summary.best_mean_return_100 = counters.episodes.best_mean_return();
  summary.goal_reached = counters.frames_to_goal.has_value();
  summary.seconds_to_goal = counters.seconds_to_goal;
  summary.frames_to_goal = counters.frames_to_goal;
  const Histogram& lag = counters.policy_lag;
  summary.policy_lag = {lag.Mean(), lag.Quantile(0.5), lag.Quantile(0.99), lag.max()};
  return summary;
}

uint64_t PeakRssBytes() {
  const DescriptorReserve reserve;
  // Not getrusage: its figure also covers what the process was before exec, the launcher's fork.
  const absl::StatusOr<std::string> status = ReadFile("/proc/self/status");
  if (!status.ok()) return 0;
  for (const absl::string_view line : absl::StrSplit(*status, '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    uint64_t kilobytes = 0;
    if (words.size() == 3 && words[0] == "VmHWM:" && absl::SimpleAtoi(words[1], &kilobytes)) {
      return kilobytes * 1024;
    }
  }
  return 0;
}

absl::Status WriteSummary(const std::string& path, const Summary& summary) {
  return WriteFileAtomically(path, DumpJson(Encode(summary), 2) + "\n");
}

absl::StatusOr<Summary> ReadSummary(const std::string& path) {
  NYALA_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const absl::StatusOr<Json> json = ParseJsonObject(text);
  absl::StatusOr<Summary> summary = json.ok() ? Decode(*json) : json.status();
  if (summary.ok()) return summary;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", summary.status().message()));
}

absl::Status AddSupervisorFacts(const std::string& path, const SupervisorFacts& facts) {
  NYALA_ASSIGN_OR_RETURN(Summary summary, ReadSummary(path));
  for (const auto& [process, value] : facts.peak_rss_bytes) summary.peak_rss_bytes[process] = value;
  summary.actor_restarts = facts.actor_restarts;
  summary.learner_restarts = facts.learner_restarts;
  if (!facts.exit_reason.empty()) summary.exit_reason = facts.exit_reason;
  return WriteSummary(path, summary);
}

}  // namespace nyala
