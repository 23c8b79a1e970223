// The MinAtar games beside figures recorded from the original on the same random draws.
#include "actor/environments/minatar/minatar.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "actor/environment_registry.h"
#include "common/base/crc32c.h"
#include "common/base/random.h"

namespace nyala {
namespace {

constexpr int kMarkedFrames = 50;

// One line of a recorded file.
struct Recorded {
  uint64_t seed = 0;
  double episode_return = 0;
  bool over = false;
  std::string actions;
  std::vector<std::string> marks;
};

std::vector<Recorded> ReadRecorded(const std::string& name) {
  std::ifstream file(std::string(NYALA_TEST_DATA) + "/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<Recorded> episodes;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    std::istringstream fields(line);
    Recorded episode;
    fields >> episode.seed >> episode.episode_return >> episode.over >> episode.actions;
    for (std::string mark; fields >> mark;) episode.marks.push_back(mark);
    EXPECT_EQ(episode.marks.size(), (episode.actions.size() + kMarkedFrames - 1) / kMarkedFrames);
    episodes.push_back(episode);
  }
  return episodes;
}

// Everything seen so far as one checksum.
class Seen {
 public:
  void Add(const std::string& board, const StepResult& result) {
    const char end[2] = {static_cast<char>(result.reward),
                         result.terminated || result.truncated ? '\1' : '\0'};
    crc_ = Crc32c(absl::string_view(end, 2), Crc32c(board, crc_));
  }
  std::string mark() const { return absl::StrFormat("%08x", crc_); }

 private:
  uint32_t crc_ = 0;
};

void ExpectSameEpisode(Environment& environment, const Recorded& recorded) {
  std::string board(environment.spec().observation.bytes(), '\0');
  environment.Reset(recorded.seed, ObservationRef{board.data()});
  Seen seen;
  StepResult result;
  seen.Add(board, result);
  double episode_return = 0;
  const size_t frames = recorded.actions.size();
  for (size_t frame = 1; frame <= frames; ++frame) {
    ASSERT_FALSE(result.terminated || result.truncated) << "before frame " << frame;
    const int32_t action = recorded.actions[frame - 1] - '0';
    result = environment.Step(ActionRef{&action}, ObservationRef{board.data()});
    episode_return += result.reward;
    seen.Add(board, result);
    if (frame % kMarkedFrames == 0 || frame == frames) {
      ASSERT_EQ(seen.mark(), recorded.marks[(frame - 1) / kMarkedFrames]) << "by frame " << frame;
    }
  }
  EXPECT_EQ(result.terminated || result.truncated, recorded.over);
  EXPECT_EQ(episode_return, recorded.episode_return);
}

struct Game {
  const char* name;
  const char* figures;         // in tests/data
  std::vector<int32_t> moves;  // the minimal actions
};

const Game kGames[] = {
    {"Asterix", "minatar_asterix.txt", {0, 1, 2, 3, 4}},
    {"Breakout", "minatar_breakout.txt", {0, 1, 3}},
    {"Freeway", "minatar_freeway.txt", {0, 2, 4}},
    {"Seaquest", "minatar_seaquest.txt", {0, 1, 2, 3, 4, 5}},
    {"SpaceInvaders", "minatar_space_invaders.txt", {0, 1, 3, 5}},
};

class MinAtarGame : public testing::TestWithParam<Game> {
 protected:
  static std::unique_ptr<Environment> Make(const std::string& version) {
    return *Environments().Create(std::string("MinAtar/") + GetParam().name + version);
  }
};

INSTANTIATE_TEST_SUITE_P(All, MinAtarGame, testing::ValuesIn(kGames),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(MinAtarGame, IsTheOriginal) {
  const auto environment = Make("-v0");
  size_t frames = 0;
  for (const Recorded& recorded : ReadRecorded(GetParam().figures)) {
    SCOPED_TRACE(recorded.seed);
    ExpectSameEpisode(*environment, recorded);
    frames += recorded.actions.size();
  }
  EXPECT_GT(frames, 1000u);
}

TEST_P(MinAtarGame, MinimalActionsAreThoseThatMatter) {
  const auto all = Make("-v0");
  const auto minimal = Make("-v1");
  const std::vector<int32_t>& moves = GetParam().moves;
  EXPECT_EQ(all->spec().action.n, 6);
  ASSERT_EQ(minimal->spec().action.n, static_cast<int64_t>(moves.size()));
  std::string board(all->spec().observation.bytes(), '\0'), other = board;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    all->Reset(seed, ObservationRef{board.data()});
    minimal->Reset(seed, ObservationRef{other.data()});
    bool over = false;
    for (uint64_t frame = 0; frame < 200 && !over; ++frame) {
      ASSERT_EQ(board, other);
      const auto choice =
          static_cast<int32_t>(RandomBits(seed, 0, frame, RandomPurpose::kTest) % moves.size());
      over = all->Step(ActionRef{&moves[choice]}, ObservationRef{board.data()}).terminated;
      minimal->Step(ActionRef{&choice}, ObservationRef{other.data()});
    }
  }
}

TEST(MinAtar, FreewayIsCutAtItsLimit) {
  const auto environment = *Environments().Create("MinAtar/Freeway-v1");
  std::string board(environment->spec().observation.bytes(), '\0');
  environment->Reset(1, ObservationRef{board.data()});
  const int32_t up = 1;
  for (int frame = 1; frame <= 2501; ++frame) {
    const StepResult result = environment->Step(ActionRef{&up}, ObservationRef{board.data()});
    ASSERT_FALSE(result.terminated);
    ASSERT_EQ(result.truncated, frame == 2501) << frame;
  }
}

// Bytes of a peer must not make a game write beyond its board.
TEST_P(MinAtarGame, SpoiltStatesAreRefusedOrPlayable) {
  const auto environment = Make("-v0");
  const size_t board_bytes = environment->spec().observation.bytes();
  std::string guarded(board_bytes + 64, '\7');
  const ObservationRef observation{guarded.data()};
  const int32_t none = 0;
  RandomSequence random(3);
  int taken = 0;
  for (uint64_t round = 0; round < 2000; ++round) {
    environment->Reset(round, observation);
    for (int frame = 0; frame < 5; ++frame) environment->Step(ActionRef{&none}, observation);
    std::string state;
    ASSERT_TRUE(environment->SaveState(&state).ok());
    // Bytes as they come, and numbers that might pass for right.
    state[random.Below(state.size())] = static_cast<char>(random.Below(256));
    const auto number = static_cast<int32_t>(random.Below(14)) - 2;
    std::memcpy(&state[random.Below(state.size() / 4) * 4], &number, sizeof(number));
    if (!environment->RestoreState(state).ok()) continue;
    ++taken;
    for (int frame = 0; frame < 60; ++frame) {
      const StepResult result = environment->Step(ActionRef{&none}, observation);
      ASSERT_EQ(guarded.substr(board_bytes), std::string(64, '\7'));
      if (result.terminated || result.truncated) break;
    }
  }
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace nyala
