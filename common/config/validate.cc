#include "common/config/validate.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/config/fields.h"
#include "common/config/validate_pairs.h"
#include "common/rl/choices.h"

namespace nyala {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum class Ends { kClosed, kOpenLow, kOpenHigh };

// What a number, or each number of a list, must lie in. Infinite ends are never in it.
struct Range {
  const char* path;
  double low;
  double high;
  Ends ends = Ends::kClosed;

  // False for NaN.
  bool Contains(double value) const {
    if (ends == Ends::kOpenLow ? !(value > low) : !(value >= low)) return false;
    const bool open_high = ends == Ends::kOpenHigh || high == kInfinity;
    return value > -kInfinity && (open_high ? value < high : value <= high);
  }

  std::string Describe() const {
    if (low == -kInfinity) return "finite";
    const char* above = ends == Ends::kOpenLow ? "greater than" : "at least";
    if (high == kInfinity) return absl::StrFormat("finite and %s %.12g", above, low);
    return absl::StrFormat("in %c%.12g, %.12g%c", ends == Ends::kOpenLow ? '(' : '[', low, high,
                           ends == Ends::kOpenHigh ? ')' : ']');
  }
};

constexpr Range kRanges[] = {
    {"policy.mixture_components", 1, 64},
    {"policy.initial_sigma", 1e-6, 1e6},
    {"policy.min_sigma", 1e-6, 1e6},
    {"environment.step_wait_seconds", 0, 3600},
    {"environment.step_timeout_seconds", 0, 1e6},
    {"algorithm.discount", 0, 1},
    {"algorithm.rho_bar", 0, kInfinity, Ends::kOpenLow},
    {"algorithm.c_bar", 0, kInfinity, Ends::kOpenLow},
    {"algorithm.pg_rho_bar", 0, kInfinity, Ends::kOpenLow},
    {"algorithm.lambda", 0, 1},
    {"algorithm.n_step", 0, 1e6},
    {"algorithm.entropy_cost", 0, kInfinity},
    {"algorithm.entropy_cost_final", 0, kInfinity},
    {"algorithm.baseline_cost", 0, kInfinity},
    {"algorithm.reward_scale", -kInfinity, kInfinity},
    {"algorithm.reward_clip", 0, kInfinity},
    {"algorithm.average_decay", 0, 1, Ends::kOpenHigh},
    {"algorithm.elite_quantile", 0, 1, Ends::kOpenHigh},
    {"algorithm.clip_ratio", 0, kInfinity, Ends::kOpenLow},
    {"algorithm.epochs", 1, 1e6},
    {"algorithm.minibatches", 1, 1e6},
    {"algorithm.target_period", 1, 1e9},
    {"network.hidden", 1, 65536},
    {"network.core_memory", 0, 1e9},
    {"network.channels", 1, 4096},
    {"network.core_size", 1, 65536},
    {"network.core_layers", 1, 64},
    {"network.frame_stack", 1, 1024},
    {"optimizer.learning_rate", 0, kInfinity},
    {"optimizer.learning_rate_final", 0, kInfinity},
    {"optimizer.epsilon", 0, kInfinity, Ends::kOpenLow},
    {"optimizer.decay", 0, 1, Ends::kOpenHigh},
    {"optimizer.momentum", 0, 1, Ends::kOpenHigh},
    {"optimizer.beta1", 0, 1, Ends::kOpenHigh},
    {"optimizer.beta2", 0, 1, Ends::kOpenHigh},
    {"optimizer.clip_norm", 0, kInfinity},
    {"batch.unroll_length", 1, 1e6},
    {"batch.columns", 1, 1e6},
    {"batch.slabs", 2, 64},
    {"batch.shards", 0, 1024},
    {"batch.tile_rows", 1, 1e9},
    {"batch.max_policy_lag", 0, 1e9},
    {"batch.sessions_per_column", 1, 1e6},
    {"batch.max_session_frames", 0, 1e9},
    {"batch.replay_fraction", 0, 1, Ends::kOpenHigh},
    {"batch.replay_columns", 1, 1e8},
    {"batch.straggler_seconds", 0, 1e6},
    {"batch.max_bytes", 0, 1e18},
    {"actor.actors", 0, 4096},
    {"actor.threads", 1, 1024},
    {"actor.envs_per_thread", 1, 65536},
    {"actor.window", 1, 64},
    {"limits.goal", -kInfinity, kInfinity},
    {"limits.seconds", 0, kInfinity},
    {"limits.skipped_steps", 0, 1e6},
    {"limits.learner_restarts", 0, 1e6},
    {"checkpoint.interval_seconds", 0, kInfinity},
    {"checkpoint.keep", 1, 1e6},
    {"metrics.interval_seconds", 0, kInfinity, Ends::kOpenLow},
    {"metrics.progress_seconds", 0, kInfinity, Ends::kOpenLow},
    {"metrics.max_file_bytes", 65536, 1e18},
    // gRPC counts message bytes in an int.
    {"transport.max_message_bytes", 4096, 2147483647},
    {"transport.keepalive_seconds", 0, 1e6, Ends::kOpenLow},
    {"transport.keepalive_timeout_seconds", 0, 1e6, Ends::kOpenLow},
    {"transport.call_timeout_seconds", 0, 1e6, Ends::kOpenLow},
    {"transport.reconnect_seconds", 0, 1e6},
    {"transport.max_streams", 1, 1e6},
    {"transport.memory_bytes", 0, 1e18},
    {"transport.authentication_seconds", 0, 1e6, Ends::kOpenLow},
    {"transport.lease_seconds", 0, 1e6, Ends::kOpenLow},
};

// The values the field holds: all of a list, the one of an optional field if it is set.
std::vector<double> Values(const Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  if (field->is_repeated()) {
    std::vector<double> values;
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      values.push_back(reflection.GetRepeatedInt32(message, field, i));
    }
    return values;
  }
  if (!reflection.HasField(message, field)) return {};
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {static_cast<double>(reflection.GetInt32(message, field))};
    case FieldDescriptor::CPPTYPE_INT64:
      return {static_cast<double>(reflection.GetInt64(message, field))};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {reflection.GetDouble(message, field)};
    default:
      NYALA_CHECK(false, "a range of a field that is no number");
  }
  return {};
}

absl::Status CheckPolicy(const PolicyConfig& policy) {
  if (policy.min_sigma() > policy.initial_sigma()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "policy.min_sigma is %.12g but policy.initial_sigma is %.12g; set policy.min_sigma to that "
        "or less",
        policy.min_sigma(), policy.initial_sigma()));
  }
  return absl::OkStatus();
}

absl::Status CheckRange(const RunConfig& config, const Range& range) {
  const auto fields = FindConfigField(range.path);
  NYALA_CHECK(fields.ok(), "a range of a field that does not exist");
  const Message* message = &config;
  for (size_t i = 0; i + 1 < fields->size(); ++i) {
    message = &message->GetReflection()->GetMessage(*message, (*fields)[i]);
  }
  for (const double value : Values(*message, fields->back())) {
    if (range.Contains(value)) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is %.12g; it must be %s", range.path, value, range.Describe()));
  }
  return absl::OkStatus();
}

absl::Status CheckDevice(const RunConfig& config) {
  absl::string_view device = config.device();
  int32_t index = 0;
  if (device == "cpu" || device == "cuda" ||
      (absl::ConsumePrefix(&device, "cuda:") && absl::SimpleAtoi(device, &index) && index >= 0)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("device is '", config.device(), "'; it must be cpu, cuda or cuda:N"));
}

}  // namespace

absl::Status Validate(const RunConfig& config) {
  for (const Range& range : kRanges) NYALA_RETURN_IF_ERROR(CheckRange(config, range));
  NYALA_RETURN_IF_ERROR(CheckChoices(config));
  NYALA_RETURN_IF_ERROR(CheckDevice(config));
  NYALA_RETURN_IF_ERROR(CheckPolicy(config.policy()));
  return ValidatePairs(config);
}

}  // namespace nyala
