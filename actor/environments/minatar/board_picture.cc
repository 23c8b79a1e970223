#include "actor/environments/minatar/board_picture.h"

#include <algorithm>
#include <cmath>

namespace nyala {
namespace {

// Green's equations 1 and 2 with his start 0.5, -1.5 rotations, hue 1 and gamma 1.
Color Cubehelix(double place) {
  const double angle = 2 * M_PI * (0.5 / 3 - 1.5 * place);
  const double amplitude = place * (1 - place) / 2;
  const auto part = [&](double cosine, double sine) {
    const double value = place + amplitude * (cosine * std::cos(angle) + sine * std::sin(angle));
    return static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
  };
  return {part(-0.14861, 1.78277), part(-0.29227, -0.90649), part(1.97294, 0)};
}

}  // namespace

void DrawMinAtarBoard(const std::vector<uint8_t>& board, int size, Canvas& canvas) {
  const size_t cells = static_cast<size_t>(size) * size;
  const size_t channels = board.size() / cells;
  std::vector<uint8_t> rgb(3 * cells);
  for (size_t channel = 0; channel < channels; ++channel) {
    const Color color =
        Cubehelix(static_cast<double>(channel + 1) / static_cast<double>(channels + 1));
    for (size_t cell = 0; cell < cells; ++cell) {
      if (board[channel * cells + cell] == 0) continue;
      rgb[3 * cell] = color.red;
      rgb[3 * cell + 1] = color.green;
      rgb[3 * cell + 2] = color.blue;
    }
  }
  canvas.DrawImage(rgb.data(), size, size);
}

}  // namespace nyala
