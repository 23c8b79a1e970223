// What a MinAtar game has to say, and the Environment around it: sticky actions, action sets, time
// limit, saving. Only the games' own files include it.
//
// A Game is a trivially copyable struct, the state of play:
//   static constexpr const char* kName;           // as in "MinAtar/NAME-v0"
//   static constexpr const char* kDescription;
//   static constexpr int kChannels;
//   static constexpr int64_t kMaxFrames;          // 0: no limit
//   static constexpr MinAtarMove kMinimal[];      // the moves that matter, in order
//   void Start(RandomSequence& random);
//   int Play(MinAtarMove move, RandomSequence& random, bool* over);  // one frame; its reward
//   void Draw(uint8_t* board) const;              // sets cells of [channels, 10, 10] zeros
//   bool Possible() const;                        // whether restored bytes can be played on
#pragma once

#include <cstring>
#include <iterator>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actor/environments/minatar/board_picture.h"
#include "actor/environments/minatar/minatar.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {

enum class MinAtarMove : int32_t { kNone, kLeft, kUp, kRight, kDown, kFire };

constexpr int kMinAtarSize = 10;
constexpr int kMinAtarCells = kMinAtarSize * kMinAtarSize;

// Sets one cell of a board that is drawn.
inline void MarkCell(uint8_t* board, int channel, int row, int column) {
  board[channel * kMinAtarCells + row * kMinAtarSize + column] = 1;
}

inline bool Within(int value, int low, int high) { return value >= low && value <= high; }
// On the board.
inline bool InMinAtarBoard(int index) { return Within(index, 0, kMinAtarSize - 1); }

template <typename Game>
class MinAtarEnvironment : public Environment {
  // Without padding, so that equal states save as equal bytes.
  static_assert(std::has_unique_object_representations_v<Game>);

 public:
  explicit MinAtarEnvironment(MinAtarActions actions) {
    const bool all = actions == MinAtarActions::kAll;
    spec_.id = absl::StrCat("MinAtar/", Game::kName, all ? "-v0" : "-v1");
    spec_.observation = {DType::kUint8, {Game::kChannels, kMinAtarSize, kMinAtarSize}};
    spec_.observation.byte_scale = 1;
    for (int32_t move = 0; all && move < 6; ++move) moves_.push_back(MinAtarMove{move});
    if (!all) moves_.assign(std::begin(Game::kMinimal), std::end(Game::kMinimal));
    spec_.action.n = static_cast<int64_t>(moves_.size());
    spec_.max_episode_steps = Game::kMaxFrames;
    spec_.description = Game::kDescription;
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    random_ = RandomSequence(seed);
    progress_ = Progress();
    game_ = Game();
    game_.Start(random_);
    Observe(observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    const MinAtarMove wanted = moves_[action.discrete()];
    if (random_.Uniform() >= kSticky) progress_.last = wanted;
    StepResult result;
    result.reward = static_cast<float>(game_.Play(progress_.last, random_, &result.terminated));
    ++progress_.frames;
    result.truncated =
        Game::kMaxFrames > 0 && !result.terminated && progress_.frames >= Game::kMaxFrames;
    Observe(observation);
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(game_, state);
    AppendValue(progress_, state);
    AppendValue(random_.seed(), state);
    AppendValue(random_.counter(), state);
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    StateReader reader(state);
    Game game;
    Progress progress;
    uint64_t seed = 0, counter = 0;
    if (!reader.Read(&game) || !reader.Read(&progress) || !reader.Read(&seed) ||
        !reader.Read(&counter) || !reader.at_end() || !game.Possible() || !progress.Possible()) {
      return absl::InvalidArgumentError(absl::StrCat("not a saved state of ", spec_.id));
    }
    game_ = game;
    progress_ = progress;
    random_ = RandomSequence(seed, counter);
    return absl::OkStatus();
  }

  DrawingSize drawing_size() const override { return {240, 240}; }

  void Draw(Canvas& canvas) const override {
    std::vector<uint8_t> board(Game::kChannels * kMinAtarCells);
    game_.Draw(board.data());
    DrawMinAtarBoard(board, kMinAtarSize, canvas);
  }

 private:
  static constexpr double kSticky = 0.1;

  struct Progress {
    int32_t frames = 0;
    MinAtarMove last = MinAtarMove::kNone;
    bool Possible() const {
      return frames >= 0 && frames < (1 << 30) && last >= MinAtarMove::kNone &&
             last <= MinAtarMove::kFire;
    }
  };

  void Observe(ObservationRef observation) const {
    std::memset(observation.data, 0, Game::kChannels * kMinAtarCells);
    game_.Draw(observation.bytes());
  }

  EnvSpec spec_;
  std::vector<MinAtarMove> moves_;
  Game game_;
  Progress progress_;
  RandomSequence random_;
};

}  // namespace nyala
