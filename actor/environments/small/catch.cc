#include "actor/environments/small/catch.h"

#include <algorithm>

#include "actor/shapes.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

constexpr int32_t kRows = 10;
constexpr int32_t kColumns = 5;

class Catch : public Environment {
 public:
  Catch() {
    spec_.id = "Catch";
    spec_.observation = {DType::kFloat32, {kRows, kColumns}};
    spec_.action.n = 3;
    spec_.solved_return = 1;
    spec_.description = "move a paddle under a falling ball on a 10x5 board; bsuite's rules";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    board_.ball_column = static_cast<int32_t>(RandomSequence(seed).Below(kColumns));
    board_.ball_row = 0;
    board_.paddle_column = kColumns / 2;
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    const int32_t move = action.discrete() - 1;
    board_.paddle_column = std::clamp(board_.paddle_column + move, 0, kColumns - 1);
    ++board_.ball_row;
    Observe(observation);
    StepResult result;
    result.terminated = board_.ball_row == kRows - 1;
    if (result.terminated) {
      result.reward = board_.paddle_column == board_.ball_column ? 1.0f : -1.0f;
    }
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(board_, state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    Board board;
    const auto inside = [](int32_t value, int32_t limit) { return value >= 0 && value < limit; };
    if (!reader.Read(&board) || !reader.at_end() || !inside(board.ball_row, kRows) ||
        !inside(board.ball_column, kColumns) || !inside(board.paddle_column, kColumns)) {
      return absl::InvalidArgumentError("not a saved state of Catch");
    }
    board_ = board;
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {120, 240}; }

  void Draw(Canvas& canvas) const override {
    // Row 0 is the top one.
    canvas.SetView(0, kRows, kColumns, 0);
    canvas.Clear({255, 255, 255});
    for (int32_t row = 0; row < kRows; ++row) {
      for (int32_t column = 0; column < kColumns; ++column) FillCell(canvas, row, column, kFaint);
    }
    FillCell(canvas, kRows - 1, board_.paddle_column, kBlue);
    FillCell(canvas, board_.ball_row, board_.ball_column, kOrange);
  }

 private:
  static void FillCell(Canvas& canvas, int32_t row, int32_t column, Color color) {
    canvas.FillPolygon(Rectangle({column + 0.5, row + 0.5}, 0.46, 0.46), color);
  }

  struct Board {
    int32_t ball_row = 0;
    int32_t ball_column = 0;
    int32_t paddle_column = 0;
  };

  void Observe(ObservationRef observation) const {
    float* out = observation.floats();
    std::fill(out, out + kRows * kColumns, 0.0f);
    out[board_.ball_row * kColumns + board_.ball_column] = 1.0f;
    out[(kRows - 1) * kColumns + board_.paddle_column] = 1.0f;
  }

  EnvSpec spec_;
  Board board_;
};

}  // namespace

std::unique_ptr<Environment> MakeCatch() { return std::make_unique<Catch>(); }

}  // namespace nyala
