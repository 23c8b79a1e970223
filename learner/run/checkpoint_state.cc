#include "learner/run/checkpoint_state.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "learner/run/json_fields.h"

namespace nyala {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

OrderedJson EncodeEpisodes(const EpisodeStats& episodes) {
  OrderedJson returns = OrderedJson::array();
  OrderedJson lengths = OrderedJson::array();
  for (const EpisodeStats::Episode& episode : episodes.Recent()) {
    returns.push_back(episode.episode_return);
    lengths.push_back(episode.length);
  }
  return {{"count", episodes.episodes()},
          {"best_mean_return", episodes.best_mean_return()},
          {"recent_returns", returns},
          {"recent_lengths", lengths}};
}

OrderedJson EncodeHistogram(const Histogram& histogram) {
  const Histogram::State state = histogram.Save();
  OrderedJson buckets = OrderedJson::array();
  for (const auto& [bucket, times] : state.buckets) {
    buckets.push_back(OrderedJson::array({bucket, times}));
  }
  return {{"sum", state.sum}, {"max", state.max}, {"buckets", buckets}};
}

OrderedJson EncodeActors(const std::vector<ActorSlot>& actors) {
  OrderedJson list = OrderedJson::array();
  for (const ActorSlot& slot : actors) {
    OrderedJson states = OrderedJson::array();
    for (const std::string& state : slot.resume_states) {
      states.push_back(absl::Base64Escape(state));
    }
    list.push_back({{"actor", slot.actor},
                    {"threads", slot.threads},
                    {"envs_per_thread", slot.envs_per_thread},
                    {"first_environment", slot.first_environment},
                    {"resume_states", states}});
  }
  return list;
}

// Whether `json` is a list of [natural number, natural number].
bool DecodePairs(const Json& json, std::vector<std::pair<uint64_t, uint64_t>>* pairs) {
  if (!json.is_array()) return false;
  for (const Json& item : json) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_number_unsigned() ||
        !item[1].is_number_unsigned()) {
      return false;
    }
    pairs->emplace_back(item[0].get<uint64_t>(), item[1].get<uint64_t>());
  }
  return true;
}

absl::Status DecodeEpisodes(const Json& json, EpisodeStats* episodes) {
  const absl::Status invalid = absl::InvalidArgumentError("field 'episodes' is not consistent");
  if (!json.is_object()) return invalid;
  uint64_t count = 0;
  double best = 0;
  JsonFields fields(json);
  fields.Read("count", &count);
  fields.Read("best_mean_return", &best);
  const Json& returns = fields.At("recent_returns");
  const Json& lengths = fields.At("recent_lengths");
  NYALA_RETURN_IF_ERROR(fields.status());
  if (!returns.is_array() || !lengths.is_array() || returns.size() != lengths.size()) {
    return invalid;
  }
  std::vector<EpisodeStats::Episode> recent;
  for (size_t i = 0; i < returns.size(); ++i) {
    if (!returns[i].is_number() || !lengths[i].is_number_unsigned()) return invalid;
    recent.push_back({returns[i].get<double>(), lengths[i].get<uint64_t>()});
  }
  return episodes->Restore(recent, count, best) ? absl::OkStatus() : invalid;
}

absl::Status DecodeHistogram(const char* name, const Json& json, Histogram* histogram) {
  const absl::Status invalid =
      absl::InvalidArgumentError(absl::StrCat("field '", name, "' is not consistent"));
  if (!json.is_object()) return invalid;
  Histogram::State state;
  JsonFields fields(json);
  fields.Read("sum", &state.sum);
  fields.Read("max", &state.max);
  if (!DecodePairs(fields.At("buckets"), &state.buckets)) return invalid;
  NYALA_RETURN_IF_ERROR(fields.status());
  return histogram->Restore(state) ? absl::OkStatus() : invalid;
}

absl::Status DecodeReplay(const Json& json, RunCounters* counters) {
  if (!json.is_object()) return absl::InvalidArgumentError("field 'replay' is not consistent");
  JsonFields fields(json);
  fields.Read("frames", &counters->replayed_frames);
  const Json& age = fields.At("age");
  NYALA_RETURN_IF_ERROR(fields.status());
  return DecodeHistogram("replay/age", age, &counters->replay_age);
}

absl::Status DecodeActors(const Json& json, std::vector<ActorSlot>* actors) {
  const absl::Status invalid = absl::InvalidArgumentError("field 'actors' is not consistent");
  if (!json.is_array()) return invalid;
  for (const Json& item : json) {
    if (!item.is_object()) return invalid;
    ActorSlot slot;
    JsonFields fields(item);
    fields.Read("actor", &slot.actor);
    fields.Read("threads", &slot.threads);
    fields.Read("envs_per_thread", &slot.envs_per_thread);
    fields.Read("first_environment", &slot.first_environment);
    const Json& states = fields.At("resume_states");
    NYALA_RETURN_IF_ERROR(fields.status());
    if (!states.is_array()) return invalid;
    for (const Json& state : states) {
      std::string bytes;
      if (!state.is_string() || !absl::Base64Unescape(state.get<std::string>(), &bytes)) {
        return invalid;
      }
      slot.resume_states.push_back(std::move(bytes));
    }
    actors->push_back(std::move(slot));
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeCheckpointState(const Checkpoint& checkpoint) {
  const auto or_null = [](const auto& value) {
    return value.has_value() ? OrderedJson(*value) : OrderedJson(nullptr);
  };
  OrderedJson json = {
      {"format", kCheckpointFormat},
      {"run_id", checkpoint.run_id},
      {"incarnation", checkpoint.incarnation},
      {"version", checkpoint.counters.version},
      {"updates", checkpoint.counters.updates},
      {"frames", checkpoint.counters.frames},
      {"environment_frames", checkpoint.environment_frames},
      {"seconds", checkpoint.seconds},
      {"seconds_to_goal", or_null(checkpoint.counters.seconds_to_goal)},
      {"frames_to_goal", or_null(checkpoint.counters.frames_to_goal)},
      // Text: many JSON readers keep only 53 bits of a number.
      {"layout", absl::StrCat(absl::Hex(checkpoint.layout, absl::kZeroPad16))},
      {"next_environment", checkpoint.next_environment},
      {"episodes", EncodeEpisodes(checkpoint.counters.episodes)},
      {"policy_lag", EncodeHistogram(checkpoint.counters.policy_lag)},
      {"actors", EncodeActors(checkpoint.actors)},
  };
  if (checkpoint.counters.replay_age.count() > 0) {
    json["replay"] = {{"frames", checkpoint.counters.replayed_frames},
                      {"age", EncodeHistogram(checkpoint.counters.replay_age)}};
  }
  return DumpJson(json, 1) + "\n";
}

absl::Status DecodeCheckpointState(absl::string_view text, Checkpoint* checkpoint) {
  NYALA_ASSIGN_OR_RETURN(const Json json, ParseJsonObject(text));
  JsonFields fields(json);
  uint64_t format = 0;
  fields.Read("format", &format);
  NYALA_RETURN_IF_ERROR(fields.status());
  if (format != kCheckpointFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("it has format ", format, ", this program reads format ", kCheckpointFormat));
  }
  fields.Read("run_id", &checkpoint->run_id);
  fields.Read("incarnation", &checkpoint->incarnation);
  fields.Read("version", &checkpoint->counters.version);
  fields.Read("updates", &checkpoint->counters.updates);
  fields.Read("frames", &checkpoint->counters.frames);
  fields.Read("environment_frames", &checkpoint->environment_frames);
  fields.Read("seconds", &checkpoint->seconds);
  fields.Read("seconds_to_goal", &checkpoint->counters.seconds_to_goal);
  fields.Read("frames_to_goal", &checkpoint->counters.frames_to_goal);
  fields.Read("next_environment", &checkpoint->next_environment);
  std::string layout;
  fields.Read("layout", &layout);
  if (!absl::SimpleHexAtoi(layout, &checkpoint->layout)) fields.Fail("layout", "is no hash");
  const Json& episodes = fields.At("episodes");
  const Json& policy_lag = fields.At("policy_lag");
  const Json& actors = fields.At("actors");
  NYALA_RETURN_IF_ERROR(fields.status());
  NYALA_RETURN_IF_ERROR(DecodeEpisodes(episodes, &checkpoint->counters.episodes));
  NYALA_RETURN_IF_ERROR(
      DecodeHistogram("policy_lag", policy_lag, &checkpoint->counters.policy_lag));
  // Written by runs that have replayed something.
  if (json.contains("replay"))
    NYALA_RETURN_IF_ERROR(DecodeReplay(json["replay"], &checkpoint->counters));
  return DecodeActors(actors, &checkpoint->actors);
}

}  // namespace nyala
