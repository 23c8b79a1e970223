// The built-in MuJoCo tasks beside Gymnasium's models and rules.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "actor/environments/mujoco/task_environment.h"
#include "common/base/random.h"
#include "tests/support/number_file.h"

namespace nyala {
namespace {

MujocoTaskOverModel BuiltIn(const std::string& id) {
  auto task = LoadBuiltInMujocoTask(id, "");
  EXPECT_TRUE(task.ok()) << task.status();
  return *std::move(task);
}

// The same task, but observing other values.
MujocoTaskOverModel Observing(MujocoTaskOverModel task, const std::vector<MujocoValues>& values) {
  task.observation.clear();
  int64_t size = 0;
  for (const MujocoValues one : values) {
    const auto n = static_cast<int64_t>(one == QPOS   ? task.model->nq
                                        : one == QVEL ? task.model->nv
                                                      : task.model->nbody * 3);
    task.observation.push_back({one, 0, n, -INFINITY, INFINITY});
    size += n;
  }
  task.spec.observation.shape = {size};
  return task;
}

// One environment with its latest observation.
struct Player {
  explicit Player(MujocoTaskOverModel task) {
    auto made = MakeMujocoEnvironment("a task", std::move(task));
    EXPECT_TRUE(made.ok()) << made.status();
    environment = *std::move(made);
    seen.resize(environment->spec().observation.elements());
    action.resize(environment->spec().action.n);
  }
  void Reset(uint64_t seed) { environment->Reset(seed, {seen.data()}); }
  StepResult Step() { return environment->Step({action.data()}, {seen.data()}); }
  void DrawAction(RandomSequence& random) {
    const ActionSpec& spec = environment->spec().action;
    for (int64_t i = 0; i < spec.n; ++i) {
      action[i] = static_cast<float>(random.Uniform(spec.low[i], spec.high[i]));
    }
  }
  double Effort() const {
    return std::inner_product(action.begin(), action.end(), action.begin(), 0.0);
  }

  std::unique_ptr<Environment> environment;
  std::vector<float> seen, action;
};

struct Published {
  std::string id, recorded;
  int64_t observation, actions;
  double total_mass, action_bound, solved;
  std::vector<double> gears;
};

const Published kPublished[] = {
    {"InvertedPendulum-v4", "inverted_pendulum", 4, 1, 15.490567, 3, 950, {100}},
    {"Hopper-v4", "hopper", 11, 3, 15.820013, 1, 3800, {200, 200, 200}},
    {"HalfCheetah-v4", "half_cheetah", 17, 6, 14, 1, 4800, {120, 90, 60, 120, 60, 30}},
    {"Walker2d-v4", "walker2d", 17, 6, 23.677137, 1, NAN, std::vector<double>(6, 100)},
    {"Ant-v4", "ant", 27, 8, 0.910880, 1, 6000, std::vector<double>(8, 150)},
};

class MujocoTasks : public testing::TestWithParam<Published> {};

TEST_P(MujocoTasks, HaveThePublishedSpacesMassesAndGears) {
  const MujocoTaskOverModel task = BuiltIn(GetParam().id);
  EXPECT_EQ(task.spec.observation.shape, std::vector<int64_t>{GetParam().observation});
  ASSERT_EQ(task.spec.action.n, GetParam().actions);
  EXPECT_EQ(task.spec.max_episode_steps, 1000);
  if (!std::isnan(GetParam().solved)) {
    EXPECT_EQ(task.spec.solved_return, GetParam().solved);
  }
  const mjModel& m = *task.model;
  EXPECT_NEAR(std::accumulate(m.body_mass, m.body_mass + m.nbody, 0.0), GetParam().total_mass,
              1e-6);
  for (int i = 0; i < m.nu; ++i) {
    EXPECT_EQ(m.actuator_gear[6 * i], GetParam().gears[i]);
    EXPECT_EQ(task.spec.action.low[i], -GetParam().action_bound);
    EXPECT_EQ(task.spec.action.high[i], GetParam().action_bound);
  }
}

TEST_P(MujocoTasks, MoveAsThePublishedModels) {
  MujocoTaskOverModel task = Observing(BuiltIn(GetParam().id), {QPOS});
  task.task.clear_start_noise();
  const auto rows = ReadNumbers("mujoco_" + GetParam().recorded + ".txt",
                                static_cast<size_t>(task.model->nq) + 1);
  ASSERT_EQ(rows.size(), 20u);
  Player player(std::move(task));
  player.Reset(1);
  size_t row = 0;
  for (int t = 0; t <= rows.back()[0]; ++t) {
    for (size_t i = 0; i < player.action.size(); ++i) {
      player.action[i] = static_cast<float>(std::sin(0.1 * (t + 1) * static_cast<double>(i + 1)));
    }
    player.Step();
    if (t != rows[row][0]) continue;
    for (size_t i = 0; i < player.seen.size(); ++i) {
      ASSERT_NEAR(player.seen[i], rows[row][i + 1], 1e-6 * (1 + std::abs(rows[row][i + 1])))
          << "frame " << t << ", qpos " << i;
    }
    ++row;
  }
  EXPECT_EQ(row, rows.size());
}

TEST_P(MujocoTasks, PayTheSpeedTheHealthAndTheEffort) {
  const MujocoTaskOverModel task = BuiltIn(GetParam().id);
  const MujocoReward& weights = task.task.reward();
  // Where x is found: the ant's is its ball's.
  const bool ant = GetParam().id == "Ant-v4";
  const size_t x = ant ? 3 : 0;
  Player player(Observing(task, {ant ? XPOS : QPOS}));
  RandomSequence random(7);
  player.Reset(7);
  for (int t = 0; t < 10; ++t) {
    const double before = player.seen[x];
    player.DrawAction(random);
    const StepResult result = player.Step();
    const double speed = (player.seen[x] - before) / task.frame_seconds();
    EXPECT_NEAR(result.reward,
                weights.forward_weight() * speed + weights.healthy_reward() -
                    weights.control_cost() * player.Effort(),
                1e-4);
    if (result.terminated) break;
  }
}

TEST_P(MujocoTasks, StartWithinTheirNoise) {
  const MujocoTaskOverModel task = BuiltIn(GetParam().id);
  const MujocoStartNoise noise = task.task.start_noise();
  Player player(Observing(task, {QPOS, QVEL}));
  double widest = 0, squares = 0;
  const int episodes = 300, nq = task.model->nq, nv = task.model->nv;
  for (int episode = 0; episode < episodes; ++episode) {
    player.Reset(episode);
    // Positions of a free joint end in a quaternion, which is normalised.
    for (int i = 0; i < (GetParam().id == "Ant-v4" ? 3 : nq); ++i) {
      const double off = std::abs(player.seen[i] - task.model->qpos0[i]);
      EXPECT_LE(off, noise.qpos_uniform() + 1e-6);
      widest = std::max(widest, off);
    }
    for (int i = nq; i < nq + nv; ++i) squares += player.seen[i] * player.seen[i];
  }
  EXPECT_GT(widest, 0.95 * noise.qpos_uniform());
  const double deviation =
      noise.qvel_normal() > 0 ? noise.qvel_normal() : noise.qvel_uniform() / std::sqrt(3.0);
  EXPECT_NEAR(std::sqrt(squares / episodes / nv), deviation, 0.1 * deviation);
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, MujocoTasks, testing::ValuesIn(kPublished),
                         [](const auto& info) { return info.param.recorded; });

// Plays until an end; the values of the end are in the player.
StepResult PlayOut(Player& player, uint64_t seed) {
  RandomSequence random(seed);
  player.Reset(seed);
  for (;;) {
    player.DrawAction(random);
    const StepResult result = player.Step();
    if (result.terminated || result.truncated) return result;
  }
}

TEST(MujocoHopper, EndsWhenItIsLowOrTilted) {
  Player player(Observing(BuiltIn("Hopper-v4"), {QPOS}));
  for (uint64_t seed = 0; seed < 10; ++seed) {
    EXPECT_TRUE(PlayOut(player, seed).terminated);
    EXPECT_TRUE(player.seen[1] < 0.7 || std::abs(player.seen[2]) > 0.2);
  }
}

TEST(MujocoInvertedPendulum, EndsWhenThePoleLeans) {
  Player player(BuiltIn("InvertedPendulum-v4"));
  const StepResult result = PlayOut(player, 1);
  EXPECT_TRUE(result.terminated);
  EXPECT_EQ(result.reward, 1);
  EXPECT_GT(std::abs(player.seen[1]), 0.2);
}

TEST(MujocoHalfCheetah, NeverTerminates) {
  Player player(BuiltIn("HalfCheetah-v4"));
  EXPECT_TRUE(PlayOut(player, 1).truncated);
}

TEST(MujocoTask, CanWithholdTheHealthyRewardAtTheEnd) {
  MujocoTaskOverModel task = BuiltIn("InvertedPendulum-v4");
  task.task.mutable_reward()->set_healthy_reward_at_end(false);
  Player player(std::move(task));
  EXPECT_EQ(PlayOut(player, 1).reward, 0);
}

TEST(MujocoTask, ChargesContactForces) {
  MujocoTaskOverModel free = BuiltIn("Ant-v4");
  MujocoTaskOverModel charged = free;
  MujocoReward& reward = *charged.task.mutable_reward();
  reward.set_contact_cost(0.5);
  reward.set_contact_force_limit(1);
  reward.set_contact_cost_max(2);
  charged.needs_contact_forces = true;
  Player without(std::move(free)), with(std::move(charged));
  without.Reset(3);
  with.Reset(3);
  double most = 0;
  for (int t = 0; t < 100; ++t) {
    const double cost = without.Step().reward - with.Step().reward;
    EXPECT_GE(cost, 0);
    most = std::max(most, cost);
    ASSERT_EQ(without.seen, with.seen);
  }
  // It fell on its feet, hard.
  EXPECT_FLOAT_EQ(most, 2);
}

TEST(MujocoModel, IsSharedByAllWhoUseIt) {
  const MujocoTaskOverModel one = BuiltIn("Hopper-v4");
  EXPECT_EQ(one.model, BuiltIn("Hopper-v4").model);
  EXPECT_NE(one.model, BuiltIn("Ant-v4").model);
}

TEST(MujocoDrawing, ShowsTheBodyAndWhereItIs) {
  for (const Published& task : kPublished) {
    Player player(BuiltIn(task.id));
    player.Reset(1);
    const DrawingSize size = player.environment->drawing_size();
    Canvas before(size.width, size.height), after(size.width, size.height);
    player.environment->Draw(before);
    player.action.assign(player.action.size(), 1);
    for (int t = 0; t < 10; ++t) player.Step();
    player.environment->Draw(after);
    EXPECT_NE(before.Rgb(), after.Rgb()) << task.id;
    // A saved state is drawn as what it was saved from.
    std::string state;
    ASSERT_TRUE(player.environment->SaveState(&state).ok());
    Player other(BuiltIn(task.id));
    ASSERT_TRUE(other.environment->RestoreState(state).ok());
    Canvas restored(size.width, size.height);
    other.environment->Draw(restored);
    EXPECT_EQ(restored.Rgb().size(), after.Rgb().size());
    int64_t differ = 0;
    for (size_t i = 0; i < after.Rgb().size(); i += 3001) {
      differ += std::abs(restored.Rgb()[i] - after.Rgb()[i]) > 64 ? 1 : 0;
    }
    EXPECT_LE(differ, 3) << task.id;
  }
}

}  // namespace
}  // namespace nyala
