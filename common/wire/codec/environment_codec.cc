#include "common/wire/codec/environment_codec.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

using wire::ActionSpaceSpec;
using wire::ObservationSpec;

constexpr int64_t kMostObservationBytes = int64_t{1} << 30;
constexpr int64_t kMostActions = 1 << 20;
constexpr double kUsualByteScale = 1.0 / 255.0;

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("spec field '", field, "': ", what));
}

ObservationSpec::Type TypeOf(DType dtype) {
  switch (dtype) {
    case DType::kUint8:
      return ObservationSpec::UINT8;
    case DType::kInt32:
      return ObservationSpec::INT32;
    case DType::kFloat32:
      return ObservationSpec::FLOAT32;
  }
  return ObservationSpec::TYPE_INVALID;
}

ActionSpaceSpec::Kind KindOf(ActionSpec::Kind kind) {
  switch (kind) {
    case ActionSpec::Kind::kDiscrete:
      return ActionSpaceSpec::DISCRETE;
    case ActionSpec::Kind::kContinuous:
      return ActionSpaceSpec::CONTINUOUS;
    case ActionSpec::Kind::kMultiDiscrete:
      return ActionSpaceSpec::MULTI_DISCRETE;
    case ActionSpec::Kind::kMultiBinary:
      return ActionSpaceSpec::MULTI_BINARY;
  }
  return ActionSpaceSpec::KIND_INVALID;
}

absl::StatusOr<DType> DecodeType(ObservationSpec::Type type) {
  switch (type) {
    case ObservationSpec::UINT8:
      return DType::kUint8;
    case ObservationSpec::INT32:
      return DType::kInt32;
    case ObservationSpec::FLOAT32:
      return DType::kFloat32;
    default:
      return Wrong("observation.type", "must be UINT8, INT32 or FLOAT32");
  }
}

absl::StatusOr<TensorSpec> DecodeObservation(const ObservationSpec& message) {
  TensorSpec observation;
  NYALA_ASSIGN_OR_RETURN(observation.dtype, DecodeType(message.type()));
  int64_t room = kMostObservationBytes / SizeOf(observation.dtype);
  for (const int64_t size : message.shape()) {
    if (size < 1) return Wrong("observation.shape", absl::StrCat("has a size of ", size));
    if (size > room) return Wrong("observation.shape", "is of more than 1 GiB");
    room /= size;
    observation.shape.push_back(size);
  }
  observation.byte_scale = message.byte_scale() == 0 ? kUsualByteScale : message.byte_scale();
  if (!std::isfinite(observation.byte_scale) || observation.byte_scale < 0) {
    return Wrong("observation.byte_scale", absl::StrCat("is ", observation.byte_scale));
  }
  return observation;
}

absl::StatusOr<ActionSpec::Kind> DecodeKind(ActionSpaceSpec::Kind kind) {
  switch (kind) {
    case ActionSpaceSpec::DISCRETE:
      return ActionSpec::Kind::kDiscrete;
    case ActionSpaceSpec::CONTINUOUS:
      return ActionSpec::Kind::kContinuous;
    case ActionSpaceSpec::MULTI_DISCRETE:
      return ActionSpec::Kind::kMultiDiscrete;
    case ActionSpaceSpec::MULTI_BINARY:
      return ActionSpec::Kind::kMultiBinary;
    default:
      return Wrong("action.kind", "must be DISCRETE, CONTINUOUS, MULTI_DISCRETE or MULTI_BINARY");
  }
}

absl::Status CheckLength(absl::string_view field, int64_t length, int64_t wanted) {
  if (length == wanted) return absl::OkStatus();
  return Wrong(field, absl::StrFormat("has %d entries where %d belong", length, wanted));
}

absl::Status CheckBounds(const ActionSpec& action) {
  for (int64_t i = 0; i < action.n; ++i) {
    // False for NaN.
    if (action.low[i] < action.high[i]) continue;
    return Wrong("action.low", absl::StrFormat("number %d is %g, and its `high` is %g", i,
                                               action.low[i], action.high[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<ActionSpec> DecodeAction(const ActionSpaceSpec& message) {
  ActionSpec action;
  NYALA_ASSIGN_OR_RETURN(action.kind, DecodeKind(message.kind()));
  action.n = message.n();
  if (action.n < 1 || action.n > kMostActions) {
    return Wrong("action.n",
                 absl::StrFormat("is %d; it must be in [1, %d]", action.n, kMostActions));
  }
  const bool bounds = action.kind == ActionSpec::Kind::kContinuous;
  const bool choices = action.kind == ActionSpec::Kind::kMultiDiscrete;
  NYALA_RETURN_IF_ERROR(CheckLength("action.low", message.low_size(), bounds ? action.n : 0));
  NYALA_RETURN_IF_ERROR(CheckLength("action.high", message.high_size(), bounds ? action.n : 0));
  NYALA_RETURN_IF_ERROR(
      CheckLength("action.choices", message.choices_size(), choices ? action.n : 0));
  action.low.assign(message.low().begin(), message.low().end());
  action.high.assign(message.high().begin(), message.high().end());
  action.choices.assign(message.choices().begin(), message.choices().end());
  for (const int64_t number : action.choices) {
    if (number < 2 || number > kMostActions) {
      return Wrong("action.choices", absl::StrCat("has ", number, "; each must be at least 2"));
    }
  }
  if (bounds) NYALA_RETURN_IF_ERROR(CheckBounds(action));
  return action;
}

}  // namespace

wire::EnvironmentSpec EncodeEnvSpec(const EnvSpec& spec) {
  wire::EnvironmentSpec message;
  message.set_id(spec.id);
  message.mutable_observation()->set_type(TypeOf(spec.observation.dtype));
  for (const int64_t size : spec.observation.shape) message.mutable_observation()->add_shape(size);
  message.mutable_observation()->set_byte_scale(spec.observation.byte_scale);
  wire::ActionSpaceSpec& action = *message.mutable_action();
  action.set_kind(KindOf(spec.action.kind));
  action.set_n(spec.action.n);
  action.mutable_low()->Add(spec.action.low.begin(), spec.action.low.end());
  action.mutable_high()->Add(spec.action.high.begin(), spec.action.high.end());
  action.mutable_choices()->Add(spec.action.choices.begin(), spec.action.choices.end());
  message.set_max_episode_steps(spec.max_episode_steps);
  message.set_action_repeat(spec.action_repeat);
  if (!std::isnan(spec.solved_return)) message.set_solved_return(spec.solved_return);
  message.set_description(spec.description);
  return message;
}

absl::StatusOr<EnvSpec> DecodeEnvSpec(const wire::EnvironmentSpec& message) {
  EnvSpec spec;
  spec.id = message.id();
  NYALA_ASSIGN_OR_RETURN(spec.observation, DecodeObservation(message.observation()));
  NYALA_ASSIGN_OR_RETURN(spec.action, DecodeAction(message.action()));
  spec.max_episode_steps = message.max_episode_steps();
  if (spec.max_episode_steps < 0) {
    return Wrong("max_episode_steps", absl::StrCat("is ", spec.max_episode_steps));
  }
  spec.action_repeat = message.action_repeat() == 0 ? 1 : message.action_repeat();
  if (spec.action_repeat < 1)
    return Wrong("action_repeat", absl::StrCat("is ", spec.action_repeat));
  if (message.has_solved_return()) spec.solved_return = message.solved_return();
  spec.description = message.description();
  return spec;
}

}  // namespace nyala
