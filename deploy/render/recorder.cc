#include "deploy/render/recorder.h"

#include "absl/strings/str_format.h"
#include "actor/canvas.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

constexpr int kCaptionHeight = 20;
// Pictures at least so wide have room for the environment's name.
constexpr int kRoomyWidth = 280;

void Append(const Canvas& part, Picture* picture) {
  const std::vector<uint8_t> rgb = part.Rgb();
  picture->rgb.insert(picture->rgb.end(), rgb.begin(), rgb.end());
  picture->height += part.height();
}

Picture PictureOf(const WatchedRow& row) {
  const DrawingSize size = row.environment.drawing_size();
  Canvas drawing(size.width, size.height);
  row.environment.Draw(drawing);
  Canvas caption(size.width, kCaptionHeight);
  const std::string text = absl::StrFormat("frame %d   return %.5g", row.frame, row.episode_return);
  caption.DrawText({4, 6}, text, {60, 60, 60}, 11);
  if (size.width >= kRoomyWidth) {
    caption.DrawText({size.width - 4.0, 6}, row.environment.spec().id, {140, 140, 140}, 11,
                     Align::kRight);
  }
  Picture picture;
  picture.width = size.width;
  Append(drawing, &picture);
  Append(caption, &picture);
  return picture;
}

}  // namespace

absl::Status Recorder::Add(const WatchedRow& row) {
  // The start of an episode that is not asked for.
  if (ended_ == options_.episodes) return absl::OkStatus();
  ++frames_;
  if (row.ended) ++ended_;
  if (row.frame % static_cast<uint64_t>(options_.every) != 0 && !row.ended) return absl::OkStatus();
  if (recorded_ == options_.max_frames) {
    cut_ = true;
    return absl::OkStatus();
  }
  if (film_ == nullptr) {
    NYALA_ASSIGN_OR_RETURN(film_, OpenFilm(options_.film));
  }
  ++recorded_;
  return film_->Add(PictureOf(row));
}

absl::Status Recorder::Finish() { return film_->Finish(); }

}  // namespace nyala
