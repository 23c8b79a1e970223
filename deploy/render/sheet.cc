// A contact sheet: some of the pictures beside and below each other, in one PNG.
#include <algorithm>
#include <cmath>
#include <utility>

#include "actor/canvas.h"
#include "common/base/status_macros.h"
#include "deploy/render/films.h"
#include "deploy/render/pending_file.h"

namespace nyala {
namespace {

// Even, so that every other one of them can be dropped.
constexpr size_t kMostPictures = 12;
constexpr int kGap = 6;

Picture Arrange(const std::vector<Picture>& pictures) {
  const auto count = static_cast<int>(pictures.size());
  const int columns = static_cast<int>(std::ceil(std::sqrt(count)));
  const int rows = (count + columns - 1) / columns;
  const int width = pictures[0].width, height = pictures[0].height;
  Picture sheet;
  sheet.width = columns * width + (columns - 1) * kGap;
  sheet.height = rows * height + (rows - 1) * kGap;
  sheet.rgb.assign(static_cast<size_t>(sheet.width) * sheet.height * 3, 255);
  for (int i = 0; i < count; ++i) {
    const int left = i % columns * (width + kGap), top = i / columns * (height + kGap);
    for (int y = 0; y < height; ++y) {
      const auto row = pictures[i].rgb.begin() + static_cast<std::ptrdiff_t>(y) * width * 3;
      std::copy(
          row, row + width * 3,
          sheet.rgb.begin() + (static_cast<std::ptrdiff_t>(top + y) * sheet.width + left) * 3);
    }
  }
  return sheet;
}

class Sheet : public Film {
 public:
  explicit Sheet(std::unique_ptr<PendingFile> file) : file_(std::move(file)) {}

  absl::Status Add(const Picture& picture) override {
    if (added_ % stride_ == 0) Keep(picture);
    last_ = picture;
    ++added_;
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if ((added_ - 1) % stride_ != 0) {
      if (kept_.size() == kMostPictures) kept_.pop_back();
      kept_.push_back(std::move(last_));
    }
    const Picture sheet = Arrange(kept_);
    Canvas canvas(sheet.width, sheet.height);
    canvas.DrawImage(sheet.rgb.data(), sheet.width, sheet.height);
    NYALA_RETURN_IF_ERROR(file_->Write(canvas.Encode()));
    return file_->Commit();
  }

 private:
  void Keep(const Picture& picture) {
    if (kept_.size() == kMostPictures) {
      for (size_t i = 1; i < kMostPictures / 2; ++i) kept_[i] = std::move(kept_[2 * i]);
      kept_.resize(kMostPictures / 2);
      stride_ *= 2;
      // Number 12 strides is 6 of the doubled ones.
    }
    kept_.push_back(picture);
  }

  const std::unique_ptr<PendingFile> file_;
  std::vector<Picture> kept_;  // numbers 0, stride, 2 stride, ...
  Picture last_;
  int64_t added_ = 0, stride_ = 1;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Film>> OpenSheet(const FilmOptions& options) {
  NYALA_ASSIGN_OR_RETURN(auto file, PendingFile::Create(options.target));
  return std::make_unique<Sheet>(std::move(file));
}

}  // namespace nyala
