#include "learner/batches/session_column.h"

#include "absl/strings/str_format.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

// Bytes of one element of a time-major array of `rows` rows of E columns.
size_t ElementBytes(absl::Span<const uint8_t> data, int64_t rows, int64_t E) {
  return data.size() / static_cast<size_t>(rows * E);
}

void AppendElement(absl::Span<const uint8_t> data, size_t bytes, size_t index,
                   std::vector<uint8_t>* to) {
  const auto begin = data.begin() + index * bytes;
  to->insert(to->end(), begin, begin + bytes);
}

}  // namespace

void SessionColumn::Reset() {
  observations_.clear();
  actions_.clear();
  log_mu_.clear();
  rewards_.clear();
  flags_.clear();
  episodes_.clear();
  open_ = false;
}

absl::Status SessionColumn::Append(const UnrollView& unroll, int64_t e, const Wanted& wanted) {
  for (int64_t t = 0; t < unroll.T && !Complete(wanted); ++t) {
    const uint8_t flags = unroll.flags[t * unroll.E + e];
    if (!open_) {
      if ((flags & kRowFirst) == 0) continue;
      open_ = true;
      current_ = EpisodeResult();
    } else if ((flags & (kRowFirst | kRowFinal)) != 0) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "unroll field 'flags': row %d of column %d does not go on with its session", t, e));
    }
    AppendRow(unroll, t, e);
    current_.episode_return += unroll.rewards[t * unroll.E + e];
    ++current_.length;
    current_.truncated = (flags & kRowTruncated) != 0;
    if (current_.truncated) AppendFinalRow(unroll, t + 1, e);
    if ((flags & (kRowTerminated | kRowTruncated)) != 0) {
      episodes_.push_back(current_);
      open_ = false;
    } else if (static_cast<int64_t>(current_.length) >= wanted.max_frames) {
      return absl::InvalidArgumentError(
          absl::StrFormat("unroll field 'flags': the session of column %d has more than %d frames",
                          e, wanted.max_frames));
    }
  }
  return absl::OkStatus();
}

void SessionColumn::AppendRow(const UnrollView& unroll, int64_t t, int64_t e) {
  const size_t index = t * unroll.E + e;
  AppendObservation(unroll, t, e);
  AppendElement(unroll.actions, ElementBytes(unroll.actions, unroll.T, unroll.E), index, &actions_);
  log_mu_.push_back(unroll.log_mu[index]);
  rewards_.push_back(unroll.rewards[index]);
  flags_.push_back(unroll.flags[index]);
}

void SessionColumn::AppendFinalRow(const UnrollView& unroll, int64_t t, int64_t e) {
  AppendObservation(unroll, t, e);
  actions_.resize(actions_.size() + ElementBytes(unroll.actions, unroll.T, unroll.E));
  log_mu_.push_back(0);
  rewards_.push_back(0);
  flags_.push_back(kRowFinal);
}

void SessionColumn::AppendObservation(const UnrollView& unroll, int64_t t, int64_t e) {
  AppendElement(unroll.observations, ElementBytes(unroll.observations, unroll.T + 1, unroll.E),
                t * unroll.E + e, &observations_);
}

UnrollView SessionColumn::View(const UnrollSpec& spec) {
  // Nothing flows back from behind a session's end.
  observations_.resize((rows() + 1) * spec.observation.bytes());
  no_state_.resize(spec.state_size);
  UnrollView view;
  view.T = rows();
  view.E = 1;
  view.observations = observations_;
  view.actions = actions_;
  view.log_mu = log_mu_;
  view.rewards = rewards_;
  view.flags = flags_;
  view.initial_state = no_state_;
  return view;
}

}  // namespace nyala
