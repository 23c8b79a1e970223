// An animated GIF: of each picture only the rectangle that changed, in colours of its own.
#include <gif_lib.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "deploy/render/films.h"
#include "deploy/render/palette.h"
#include "deploy/render/pending_file.h"

namespace nyala {
namespace {

// Viewers slow down what is shown for less.
constexpr int kLeastHundredths = 2;
// The shades of smoothed edges may be off by so much, of 255.
constexpr int kTolerance = 16;
// The last picture is seen for so much longer, before it all starts again.
constexpr int kRestHundredths = 100;

PackedColor ColorAt(const Picture& picture, int x, int y) {
  const uint8_t* const rgb = &picture.rgb[(static_cast<size_t>(y) * picture.width + x) * 3];
  return PackedColor{rgb[0]} << 16 | PackedColor{rgb[1]} << 8 | rgb[2];
}

struct Area {
  int left, top, right, bottom;  // the last two are outside
  bool empty() const { return left >= right; }
};

Area ChangedArea(const Picture& before, const Picture& now) {
  Area area{now.width, now.height, 0, 0};
  for (int y = 0; y < now.height; ++y) {
    for (int x = 0; x < now.width; ++x) {
      if (ColorAt(before, x, y) == ColorAt(now, x, y)) continue;
      area = {std::min(area.left, x), std::min(area.top, y), std::max(area.right, x + 1),
              std::max(area.bottom, y + 1)};
    }
  }
  return area;
}

// A picture's changed part, ready to be written.
struct Frame {
  Area area{};
  std::vector<GifColorType> colors;
  int transparent = NO_TRANSPARENT_COLOR;
  std::vector<uint8_t> pixels;
};

// `before`: null for the first picture, of which everything is new.
Frame MakeFrame(const Picture* before, const Picture& now, const Area& area) {
  const auto is_new = [&](int x, int y) {
    return before == nullptr || ColorAt(*before, x, y) != ColorAt(now, x, y);
  };
  std::unordered_map<PackedColor, int64_t> counts;
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = area.left; x < area.right; ++x) {
      if (is_new(x, y)) ++counts[ColorAt(now, x, y)];
    }
  }
  const Palette palette = MakeSmallPalette(counts, kTolerance);
  Frame frame;
  frame.area = area;
  for (const Color& color : palette.colors) {
    frame.colors.push_back({color.red, color.green, color.blue});
  }
  if (before != nullptr) frame.transparent = static_cast<int>(palette.colors.size());
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = area.left; x < area.right; ++x) {
      frame.pixels.push_back(is_new(x, y) ? palette.index.at(ColorAt(now, x, y))
                                          : static_cast<uint8_t>(frame.transparent));
    }
  }
  return frame;
}

class Gif : public Film {
 public:
  Gif(double fps, std::string path, std::unique_ptr<PendingFile> file)
      : fps_(fps), path_(std::move(path)), file_(std::move(file)) {}

  ~Gif() override {
    int error = 0;
    if (gif_ != nullptr) EGifCloseFile(gif_, &error);
  }

  absl::Status Add(const Picture& picture) override {
    if (gif_ == nullptr) NYALA_RETURN_IF_ERROR(Start(picture));
    const Area area =
        added_ == 0 ? Area{0, 0, picture.width, picture.height} : ChangedArea(shown_, picture);
    if (!area.empty()) {
      // How long a frame is seen is known when the next one comes.
      if (added_ > 0) NYALA_RETURN_IF_ERROR(WriteFrame(0));
      frame_ = MakeFrame(added_ > 0 ? &shown_ : nullptr, picture, area);
      shown_ = picture;
      frame_start_ = added_;
    }
    ++added_;
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    NYALA_RETURN_IF_ERROR(WriteFrame(kRestHundredths));
    int error = 0;
    const int closed = EGifCloseFile(std::exchange(gif_, nullptr), &error);
    NYALA_RETURN_IF_ERROR(status_);
    if (closed == GIF_ERROR) return Error(error);
    return file_->Commit();
  }

 private:
  static int Output(GifFileType* gif, const GifByteType* bytes, int size) {
    auto* const self = static_cast<Gif*>(gif->UserData);
    if (self->status_.ok()) {
      self->status_ = self->file_->Write(
          absl::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)));
    }
    return self->status_.ok() ? size : 0;
  }

  // What the disk said matters more than what the library makes of it.
  absl::Status Error(int code) const {
    if (!status_.ok()) return status_;
    const char* const reason = GifErrorString(code);
    return absl::InternalError(
        absl::StrCat("cannot write ", path_, ": ", reason != nullptr ? reason : "unknown error"));
  }

  absl::Status Check(int result) const {
    return result == GIF_OK ? absl::OkStatus() : Error(gif_->Error);
  }

  absl::Status Start(const Picture& picture) {
    int error = 0;
    gif_ = EGifOpen(this, Output, &error);
    if (gif_ == nullptr) return Error(error);
    EGifSetGifVersion(gif_, true);
    NYALA_RETURN_IF_ERROR(
        Check(EGifPutScreenDesc(gif_, picture.width, picture.height, 8, 0, nullptr)));
    // Plays for ever.
    const uint8_t loop[] = {1, 0, 0};
    NYALA_RETURN_IF_ERROR(Check(EGifPutExtensionLeader(gif_, APPLICATION_EXT_FUNC_CODE)));
    NYALA_RETURN_IF_ERROR(Check(EGifPutExtensionBlock(gif_, 11, "NETSCAPE2.0")));
    NYALA_RETURN_IF_ERROR(Check(EGifPutExtensionBlock(gif_, sizeof(loop), loop)));
    return Check(EGifPutExtensionTrailer(gif_));
  }

  // Time when picture number `picture` is due.
  int64_t Hundredths(int64_t picture) const {
    return std::llround(100.0 * static_cast<double>(picture) / fps_);
  }

  absl::Status WriteFrame(int longer) {
    GraphicsControlBlock control{};
    control.DisposalMode = DISPOSE_DO_NOT;
    control.TransparentColor = frame_.transparent;
    const int64_t seen = Hundredths(added_) - Hundredths(frame_start_);
    control.DelayTime =
        static_cast<int>(std::clamp<int64_t>(seen, kLeastHundredths, 60000)) + longer;
    GifByteType extension[4];
    EGifGCBToExtension(&control, extension);
    NYALA_RETURN_IF_ERROR(
        Check(EGifPutExtension(gif_, GRAPHICS_EXT_FUNC_CODE, sizeof(extension), extension)));
    std::vector<GifColorType> colors = frame_.colors;
    // The map's size is a power of two, and holds what is transparent too.
    size_t size = 2;
    while (size < colors.size() + 1) size *= 2;
    colors.resize(size, {0, 0, 0});
    ColorMapObject* const map = GifMakeMapObject(static_cast<int>(size), colors.data());
    if (map == nullptr) return Error(E_GIF_ERR_NOT_ENOUGH_MEM);
    const int width = frame_.area.right - frame_.area.left;
    const int height = frame_.area.bottom - frame_.area.top;
    const int described =
        EGifPutImageDesc(gif_, frame_.area.left, frame_.area.top, width, height, false, map);
    GifFreeMapObject(map);
    NYALA_RETURN_IF_ERROR(Check(described));
    for (int y = 0; y < height; ++y) {
      NYALA_RETURN_IF_ERROR(
          Check(EGifPutLine(gif_, &frame_.pixels[static_cast<size_t>(y) * width], width)));
    }
    return absl::OkStatus();
  }

  const double fps_;
  const std::string path_;
  const std::unique_ptr<PendingFile> file_;
  absl::Status status_;  // of the file
  GifFileType* gif_ = nullptr;
  Picture shown_;
  Frame frame_;  // of `shown_`, not yet written
  int64_t added_ = 0, frame_start_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Film>> OpenGif(const FilmOptions& options) {
  NYALA_ASSIGN_OR_RETURN(auto file, PendingFile::Create(options.target));
  return std::make_unique<Gif>(options.fps, options.target, std::move(file));
}

}  // namespace nyala
