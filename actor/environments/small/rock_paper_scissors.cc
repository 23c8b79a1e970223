#include "actor/environments/small/rock_paper_scissors.h"

#include <algorithm>

#include "actor/shapes.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

constexpr uint32_t kRounds = 100;
constexpr uint32_t kWindow = 10;

class RockPaperScissors : public Environment {
 public:
  RockPaperScissors() {
    spec_.id = "RockPaperScissors";
    spec_.observation = {DType::kFloat32, {1}};
    spec_.action.n = 3;
    spec_.description = "100 rounds against the best response to the agent's last 10 moves";
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    random_ = RandomSequence(seed);
    memory_ = Memory();
    *observation.floats() = 1.0f;
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    const int32_t move = action.discrete();
    StepResult result;
    result.reward = static_cast<float>(RockPaperScissorsReward(move, Response()));
    Remember(move);
    result.terminated = memory_.rounds >= kRounds;
    *observation.floats() = 1.0f;
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(memory_, state);
    AppendValue(random_.seed(), state);
    AppendValue(random_.counter(), state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    Memory memory;
    uint64_t seed = 0, counter = 0;
    if (!reader.Read(&memory) || !reader.Read(&seed) || !reader.Read(&counter) ||
        !reader.at_end() || memory.rounds > kRounds ||
        *std::max_element(memory.moves.begin(), memory.moves.end()) > 2) {
      return absl::InvalidArgumentError("not a saved state of RockPaperScissors");
    }
    memory_ = memory;
    random_ = RandomSequence(seed, counter);
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {300, 90}; }

  // The last moves, the newest on the right: rock on top, then paper, then scissors.
  void Draw(Canvas& canvas) const override {
    canvas.SetView(0, 3, kWindow, 0);
    canvas.Clear({255, 255, 255});
    const Color colors[] = {kBlue, kOrange, kGreen};
    for (uint32_t ago = 0; ago < kWindow; ++ago) {
      for (int move = 0; move < 3; ++move) {
        const bool made =
            ago < memory_.rounds && memory_.moves[(memory_.rounds - 1 - ago) % kWindow] == move;
        canvas.FillPolygon(Rectangle({kWindow - 0.5 - ago, move + 0.5}, 0.46, 0.46),
                           made ? colors[move] : kFaint);
      }
    }
  }

 private:
  struct Memory {
    uint32_t rounds = 0;
    // The agent's move of round r at r % kWindow.
    std::array<uint8_t, kWindow> moves{};
  };

  int Response() {
    std::array<int, 3> counts{};
    for (uint32_t i = 0; i < std::min(memory_.rounds, kWindow); ++i) ++counts[memory_.moves[i]];
    const std::array<bool, 3> best = BestResponses(counts);
    const auto choices = static_cast<uint64_t>(std::count(best.begin(), best.end(), true));
    uint64_t skip = random_.Below(choices);
    int move = 0;
    while (!best[move] || skip-- > 0) ++move;
    return move;
  }

  void Remember(int32_t move) {
    memory_.moves[memory_.rounds % kWindow] = static_cast<uint8_t>(move);
    ++memory_.rounds;
  }

  EnvSpec spec_;
  Memory memory_;
  RandomSequence random_;
};

}  // namespace

int RockPaperScissorsReward(int move, int other) {
  // Each move beats the one before it.
  constexpr int kReward[3] = {0, 1, -1};
  return kReward[(move - other + 3) % 3];
}

std::array<bool, 3> BestResponses(const std::array<int, 3>& counts) {
  std::array<int, 3> score{};
  for (int move = 0; move < 3; ++move) {
    for (int other = 0; other < 3; ++other) {
      score[move] += counts[other] * RockPaperScissorsReward(move, other);
    }
  }
  const int highest = *std::max_element(score.begin(), score.end());
  return {score[0] == highest, score[1] == highest, score[2] == highest};
}

std::unique_ptr<Environment> MakeRockPaperScissors() {
  return std::make_unique<RockPaperScissors>();
}

}  // namespace nyala
