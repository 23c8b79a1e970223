// What pictures of environments show. That they change and leave the episode alone is tested of all
// of them by the conformance suite.
#include <gtest/gtest.h>

#include <algorithm>

#include "actor/environment_registry.h"
#include "actor/environments/classic/cartpole.h"
#include "actor/environments/minatar/board_picture.h"
#include "actor/state_bytes.h"

namespace nyala {
namespace {

std::vector<uint8_t> PictureOf(const Environment& environment) {
  const DrawingSize size = environment.drawing_size();
  Canvas canvas(size.width, size.height);
  environment.Draw(canvas);
  return canvas.Rgb();
}

TEST(Drawing, ShowsMoreThanOneColor) {
  for (const char* id : {"CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0",
                         "Pendulum-v1", "Catch", "TwoState", "RockPaperScissors", "Recall-10",
                         "MatchBits", "MatchDials", "MinAtar/Asterix-v0", "MinAtar/Breakout-v0",
                         "MinAtar/Freeway-v0", "MinAtar/Seaquest-v0", "MinAtar/SpaceInvaders-v0"}) {
    const auto environment = *Environments().Create(id);
    std::vector<uint8_t> observation(environment->spec().observation.bytes());
    environment->Reset(1, ObservationRef{observation.data()});
    const std::vector<uint8_t> rgb = PictureOf(*environment);
    EXPECT_FALSE(std::equal(rgb.begin() + 3, rgb.end(), rgb.begin())) << id;
  }
}

// The mean column of the pixels in which red outweighs blue, as in the pole, above the cart.
double PoleColumn(const CartPoleState& state) {
  const auto environment = *Environments().Create("CartPole-v1");
  std::string saved;
  AppendValue(state, &saved);
  AppendValue(int64_t{0}, &saved);
  EXPECT_TRUE(environment->RestoreState(saved).ok());
  const std::vector<uint8_t> rgb = PictureOf(*environment);
  const DrawingSize size = environment->drawing_size();
  double sum = 0, count = 0;
  for (int y = 0; y < size.height / 2; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const size_t at = 3 * (static_cast<size_t>(y) * size.width + x);
      if (rgb[at] < rgb[at + 2] + 100) continue;
      sum += x;
      ++count;
    }
  }
  EXPECT_GT(count, 0);
  return sum / count;
}

TEST(Drawing, CartAndPoleAreWhereTheyAre) {
  // 5.2 m are 520 pixels.
  EXPECT_NEAR(PoleColumn({0, 0, 0, 0}), 260, 1);
  EXPECT_NEAR(PoleColumn({1.2, 0, 0, 0}), 380, 1);
  EXPECT_GT(PoleColumn({0, 0, 0.2, 0}), 270);
  EXPECT_LT(PoleColumn({0, 0, -0.2, 0}), 250);
}

TEST(Drawing, AMinAtarCellHasTheColorOfItsHighestChannel) {
  // Three channels on a board of 2 x 2: nothing, channel 0, channel 2, and channels 0 and 2.
  const std::vector<uint8_t> board = {0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1};
  Canvas canvas(2, 2);
  DrawMinAtarBoard(board, 2, canvas);
  const std::vector<uint8_t> rgb = canvas.Rgb();
  const auto cell = [&](int i) {
    return std::vector<uint8_t>(rgb.begin() + 3 * i, rgb.begin() + 3 * i + 3);
  };
  EXPECT_EQ(cell(0), (std::vector<uint8_t>{0, 0, 0}));
  EXPECT_NE(cell(1), cell(0));
  EXPECT_NE(cell(2), cell(1));
  EXPECT_EQ(cell(3), cell(2));
}

TEST(Canvas, MakesPngAndSvgFiles) {
  Canvas pixels(3, 2), drawing(3, 2, Canvas::Kind::kSvg);
  for (Canvas* canvas : {&pixels, &drawing}) canvas->FillCircle({1, 1}, 1, {10, 20, 30});
  EXPECT_EQ(pixels.Encode().substr(1, 3), "PNG");
  EXPECT_NE(drawing.Encode().find("</svg>"), std::string::npos);
}

TEST(Canvas, OpacityLetsWhatIsBelowThrough) {
  Canvas canvas(4, 4);
  canvas.FillPolygon({{0, 0}, {4, 0}, {4, 4}, {0, 4}}, {0, 0, 0}, 0.5);
  EXPECT_NEAR(canvas.Rgb()[0], 127, 1);
}

}  // namespace
}  // namespace nyala
