#include "learner/batches/session_column.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/rl/episode_rows.h"

namespace nyala {
namespace {

template <typename Array>
void Append(const uint8_t* element, int64_t bytes, Array* to) {
  const size_t before = to->size();
  to->resize(before + bytes / static_cast<int64_t>(sizeof(*to->data())));
  std::memcpy(to->data() + before, element, bytes);
}

}  // namespace

void SessionColumn::Reset() {
  ForEachArray(
      *spec_, [](const ArrayInfo&, auto& array) { array.clear(); }, rows_);
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
  ForEachArray(
      *spec_,
      [&](const ArrayInfo& info, const auto& source, auto& into) {
        if (!info.each_row) return;
        nyala::Append(BytesOf(source) + (t * unroll.E + e) * info.bytes, info.bytes, &into);
      },
      unroll, rows_);
}

void SessionColumn::AppendFinalRow(const UnrollView& unroll, int64_t t, int64_t e) {
  ForEachArray(
      *spec_,
      [&](const ArrayInfo& info, const auto& source, auto& into) {
        if (!info.each_row) return;
        if (info.rows > spec_->T) {
          nyala::Append(BytesOf(source) + (t * unroll.E + e) * info.bytes, info.bytes, &into);
        } else {
          const std::vector<uint8_t> none(info.bytes, info.masked);
          nyala::Append(none.data(), info.bytes, &into);
        }
      },
      unroll, rows_);
}

UnrollView SessionColumn::View() {
  UnrollView view;
  view.T = rows();
  view.E = 1;
  // Nothing flows back from behind a session's end, and no recurrent state comes before its start.
  Resize(*spec_, view.T, 1, &rows_);
  static_cast<RowsView&>(view) = ViewOf(rows_);
  return view;
}

}  // namespace nyala
