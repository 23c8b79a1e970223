// A film in the terminal.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "deploy/render/films.h"

namespace nyala {
namespace {

// Width of a text without a terminal.
constexpr int kPlainColumns = 72;
// From dark to light.
constexpr char kShades[] = "@%#*+=-:. ";

// The mean of the picture over the part that pixel (x, y) of `columns` x `rows` covers.
std::array<int, 3> MeanOf(const Picture& picture, int x, int y, int columns, int rows) {
  const auto from = [](int i, int all, int pixels) {
    return static_cast<int>(int64_t{i} * pixels / all);
  };
  const int left = from(x, columns, picture.width);
  const int right = std::max(left + 1, from(x + 1, columns, picture.width));
  const int top = from(y, rows, picture.height);
  const int bottom = std::max(top + 1, from(y + 1, rows, picture.height));
  std::array<int64_t, 3> sum{};
  for (int row = top; row < bottom; ++row) {
    for (int column = left; column < right; ++column) {
      const size_t at = (static_cast<size_t>(row) * picture.width + column) * 3;
      for (size_t i = 0; i < 3; ++i) sum[i] += picture.rgb[at + i];
    }
  }
  const int64_t pixels = int64_t{right - left} * (bottom - top);
  return {static_cast<int>(sum[0] / pixels), static_cast<int>(sum[1] / pixels),
          static_cast<int>(sum[2] / pixels)};
}

int Scaled(int size, double scale) {
  return std::max(1, static_cast<int>(std::lround(size * scale)));
}

class Ansi : public Film {
 public:
  explicit Ansi(double fps) : seconds_(1 / fps), terminal_(isatty(STDOUT_FILENO) != 0) {}

  ~Ansi() override {
    if (terminal_ && shown_ > 0) Print("\x1b[?25h");
  }

  absl::Status Add(const Picture& picture) override {
    ++shown_;
    if (!terminal_) {
      Print(absl::StrCat(ToShades(picture, kPlainColumns), "\n"));
      return absl::OkStatus();
    }
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    // A line is left for what is printed afterwards.
    const int columns = known ? size.ws_col : 80, lines = known ? std::max(2, size.ws_row - 1) : 23;
    // The first frame clears the terminal and hides the cursor; all are drawn over it.
    Print(absl::StrCat(shown_ == 1 ? "\x1b[2J\x1b[?25l" : "", "\x1b[H",
                       ToHalfBlocks(picture, columns, lines)));
    const double now = MonotonicSeconds();
    due_ = std::max(due_ + seconds_, now);
    SleepSeconds(due_ - now);
    return absl::OkStatus();
  }

  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  static void Print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  const double seconds_;
  const bool terminal_;
  int64_t shown_ = 0;
  double due_ = 0;
};

}  // namespace

std::string ToHalfBlocks(const Picture& picture, int columns, int lines) {
  const double scale =
      std::min({1.0, static_cast<double>(columns) / picture.width, 2.0 * lines / picture.height});
  const int width = Scaled(picture.width, scale);
  const int height = (Scaled(picture.height, scale) + 1) / 2 * 2;
  std::string text;
  for (int y = 0; y < height; y += 2) {
    std::string last;
    for (int x = 0; x < width; ++x) {
      const auto above = MeanOf(picture, x, y, width, height);
      const auto below = MeanOf(picture, x, y + 1, width, height);
      const std::string colors = absl::StrFormat("\x1b[38;2;%d;%d;%dm\x1b[48;2;%d;%d;%dm", above[0],
                                                 above[1], above[2], below[0], below[1], below[2]);
      absl::StrAppend(&text, colors == last ? "" : colors, "\u2580");
      last = colors;
    }
    absl::StrAppend(&text, "\x1b[0m\n");
  }
  return text;
}

std::string ToShades(const Picture& picture, int columns) {
  const double scale = std::min(1.0, static_cast<double>(columns) / picture.width);
  const int width = Scaled(picture.width, scale);
  // A character is about twice as high as wide.
  const int height = Scaled(picture.height, scale / 2);
  std::string text;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto mean = MeanOf(picture, x, y, width, height);
      const int light = (299 * mean[0] + 587 * mean[1] + 114 * mean[2]) / 1000;
      text += kShades[light * (sizeof(kShades) - 1) / 256];
    }
    text += '\n';
  }
  return text;
}

absl::StatusOr<std::unique_ptr<Film>> OpenAnsi(const FilmOptions& options) {
  return std::make_unique<Ansi>(options.fps);
}

}  // namespace nyala
