#include "common/rl/unroll.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

absl::Status Malformed(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("unroll field '%s': %s", field, what));
}

absl::Status CheckDType(absl::string_view field, DType got, DType wanted) {
  if (got == wanted) return absl::OkStatus();
  return Malformed(field, absl::StrFormat("are %s, expected %s", NameOf(got), NameOf(wanted)));
}

absl::Status CheckSizes(const UnrollView& unroll, const UnrollSpec& spec) {
  absl::Status status;
  ForEachArray(
      spec,
      [&](const ArrayInfo& info, const auto& array) {
        const int64_t wanted = info.rows * unroll.E * info.bytes;
        if (!status.ok() || SizeInBytes(array) == wanted) return;
        status = Malformed(
            info.name, absl::StrFormat("has %d bytes, expected %d", SizeInBytes(array), wanted));
      },
      unroll);
  return status;
}

absl::Status Untrainable(absl::string_view field, absl::string_view what) {
  return absl::OutOfRangeError(absl::StrFormat("unroll field '%s': %s", field, what));
}

absl::Status CheckValues(absl::string_view field, const float* values, size_t count, float most) {
  for (size_t i = 0; i < count; ++i) {
    // Not for NaN either.
    if (std::fabs(values[i]) <= most) continue;
    return Untrainable(field,
                       std::isfinite(values[i])
                           ? absl::StrFormat("element %d is %g, beyond %g", i, values[i], most)
                           : absl::StrFormat("element %d is %f", i, values[i]));
  }
  return absl::OkStatus();
}

absl::Status CheckFloats(absl::string_view field, absl::Span<const uint8_t> bytes, float most) {
  return CheckValues(field, reinterpret_cast<const float*>(bytes.data()),
                     bytes.size() / sizeof(float), most);
}

absl::Status CheckActions(const UnrollView& unroll, const ActionSpec& spec) {
  if (spec.kind == ActionSpec::Kind::kContinuous) return absl::OkStatus();
  const auto* actions = reinterpret_cast<const int32_t*>(unroll.actions.data());
  const int64_t elements = spec.elements();
  const int64_t rows = unroll.T * unroll.E;
  for (int64_t i = 0; i < elements; ++i) {
    const int64_t values = spec.values(i);
    for (int64_t at = i; at < rows * elements; at += elements) {
      if (actions[at] < 0 || actions[at] >= values) {
        return Malformed("actions", absl::StrFormat("element %d is %d, outside [0, %d)", at,
                                                    actions[at], values));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFlags(const UnrollView& unroll) {
  for (int64_t t = 0; t < unroll.T; ++t) {
    for (int64_t e = 0; e < unroll.E; ++e) {
      const uint8_t flags = unroll.flags[t * unroll.E + e];
      if (!RowFlagsValid(flags) ||
          (t > 0 && !RowFollows(unroll.flags[(t - 1) * unroll.E + e], flags))) {
        return Malformed(
            "flags", absl::StrFormat("row %d of column %d has impossible bits %d", t, e, flags));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEpisodes(const UnrollView& unroll, size_t rows) {
  if (unroll.episodes.size() > rows) {
    return Malformed("episodes",
                     absl::StrFormat("%d of them ended in %d rows", unroll.episodes.size(), rows));
  }
  for (const EpisodeResult& episode : unroll.episodes) {
    if (episode.length == 0) return Malformed("episodes", "one has no frames");
  }
  return absl::OkStatus();
}

absl::Status CheckReturns(const UnrollView& unroll) {
  constexpr double kMostReturn = 1e15;
  for (const EpisodeResult& episode : unroll.episodes) {
    if (!(std::fabs(episode.episode_return) <= kMostReturn)) {
      return Untrainable("episodes", absl::StrFormat("a return is %g", episode.episode_return));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWaiting(const UnrollView& unroll) {
  if (unroll.waiting_fraction >= 0 && unroll.waiting_fraction <= 1) return absl::OkStatus();
  return Malformed("waiting_fraction",
                   absl::StrFormat("is %g, outside [0, 1]", unroll.waiting_fraction));
}

// What is finite by itself may still not be once it is squared and summed.
absl::Status CheckGradientSize(absl::Span<const float> gradient, int64_t parameters) {
  constexpr double kMostNorm = 1e15, kMostMoment = 1e30;
  double squares = 0;
  for (int64_t i = 0; i < parameters; ++i) squares += double{gradient[i]} * gradient[i];
  if (squares > kMostNorm * kMostNorm) {
    return Untrainable("gradient", absl::StrFormat("has a norm of %g", std::sqrt(squares)));
  }
  const auto moments = gradient.subspan(parameters);
  for (size_t i = 0; i < moments.size(); ++i) {
    const bool is_mean = i < moments.size() / 2;
    // The learner will still square a mean: its bound is the root of a sum's.
    const double most = is_mean ? kMostNorm : kMostMoment;
    if (std::abs(moments[i]) > most || (!is_mean && moments[i] < 0)) {
      return Untrainable("gradient", absl::StrFormat("has an impossible moment of %g", moments[i]));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNumbers(const UnrollView& unroll, const UnrollSpec& spec) {
  if (spec.observation.dtype == DType::kFloat32) {
    NYALA_RETURN_IF_ERROR(CheckFloats("observations", unroll.observations, kMostObservation));
  }
  if (spec.action.kind == ActionSpec::Kind::kContinuous) {
    NYALA_RETURN_IF_ERROR(CheckFloats("actions", unroll.actions, kMostAction));
  }
  NYALA_RETURN_IF_ERROR(
      CheckValues("log_mu", unroll.log_mu.data(), unroll.log_mu.size(), kMostLogMu));
  NYALA_RETURN_IF_ERROR(
      CheckValues("rewards", unroll.rewards.data(), unroll.rewards.size(), kMostReward));
  NYALA_RETURN_IF_ERROR(CheckValues("initial_state", unroll.initial_state.data(),
                                    unroll.initial_state.size(), kMostState));
  return CheckReturns(unroll);
}

}  // namespace

Unroll::Unroll(const UnrollSpec& unroll_spec) : spec(unroll_spec) {
  Resize(spec, spec.T, spec.E, this);
}

UnrollView Unroll::view() const {
  UnrollView view;
  view.id = id;
  view.incarnation = incarnation;
  view.policy_version = policy_version;
  view.T = spec.T;
  view.E = spec.E;
  view.observation_dtype = spec.observation.dtype;
  view.observation_shape = spec.observation.shape;
  view.action_dtype = spec.action.dtype();
  view.episodes = episodes;
  view.resume_state = resume_state;
  view.waiting_fraction = waiting_fraction;
  view.gradient = gradient;
  view.facts = facts;
  if (!gradient.empty()) return view;
  static_cast<RowsView&>(view) = ViewOf(*this);
  return view;
}

absl::Status ValidateUnroll(const UnrollView& unroll, const UnrollSpec& spec) {
  if (!unroll.gradient.empty()) {
    return Malformed("gradient", "is there, but this run's learner computes the gradients");
  }
  if (unroll.T != spec.T) {
    return Malformed("observations",
                     absl::StrFormat("has %d rows, expected %d", unroll.T + 1, spec.T + 1));
  }
  if (unroll.E < 1) return Malformed("observations", "has no columns");
  // There is at least one byte of flags per column: with it the sizes below cannot overflow.
  if (static_cast<uint64_t>(unroll.E) > unroll.flags.size()) {
    return Malformed("flags", absl::StrFormat("has %d elements, fewer than %d columns",
                                              unroll.flags.size(), unroll.E));
  }
  NYALA_RETURN_IF_ERROR(
      CheckDType("observations", unroll.observation_dtype, spec.observation.dtype));
  NYALA_RETURN_IF_ERROR(CheckDType("actions", unroll.action_dtype, spec.action.dtype()));
  if (unroll.observation_shape != absl::MakeConstSpan(spec.observation.shape)) {
    return Malformed("observations",
                     absl::StrFormat("have shape [%s] per environment, expected [%s]",
                                     absl::StrJoin(unroll.observation_shape, ", "),
                                     absl::StrJoin(spec.observation.shape, ", ")));
  }
  NYALA_RETURN_IF_ERROR(CheckSizes(unroll, spec));
  NYALA_RETURN_IF_ERROR(CheckActions(unroll, spec.action));
  NYALA_RETURN_IF_ERROR(CheckFlags(unroll));
  NYALA_RETURN_IF_ERROR(CheckEpisodes(unroll, unroll.flags.size()));
  NYALA_RETURN_IF_ERROR(CheckWaiting(unroll));
  return CheckNumbers(unroll, spec);
}

absl::Status ValidateGradient(const UnrollView& unroll, uint64_t layout, int64_t parameters,
                              int64_t values) {
  if (unroll.gradient.empty()) {
    return Malformed("gradient", "is absent, but this run's actors compute the gradients");
  }
  if (unroll.facts.layout != layout || static_cast<int64_t>(unroll.gradient.size()) != values) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "unroll field 'gradient': is of another network: %d values with layout %016x, expected %d "
        "with %016x",
        unroll.gradient.size(), unroll.facts.layout, values, layout));
  }
  const GradientFacts& facts = unroll.facts;
  constexpr uint64_t kMostFrames = uint64_t{1} << 32;
  if (facts.frames == 0 || facts.frames > kMostFrames) {
    return Malformed("gradient_facts", absl::StrFormat("has %d frames", facts.frames));
  }
  NYALA_RETURN_IF_ERROR(CheckEpisodes(unroll, facts.frames));
  NYALA_RETURN_IF_ERROR(CheckWaiting(unroll));
  for (const double loss :
       {facts.policy_loss, facts.baseline_loss, facts.entropy, facts.total_loss}) {
    if (!std::isfinite(loss)) return Untrainable("gradient_facts", "a loss is not finite");
  }
  NYALA_RETURN_IF_ERROR(CheckValues("gradient", unroll.gradient.data(), unroll.gradient.size(),
                                    std::numeric_limits<float>::max()));
  NYALA_RETURN_IF_ERROR(CheckGradientSize(unroll.gradient, parameters));
  return CheckReturns(unroll);
}

}  // namespace nyala
