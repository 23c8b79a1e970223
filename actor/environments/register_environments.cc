// One line for each environment.
#include "actor/environment_registry.h"
#include "actor/environments/atari/games.h"
#include "actor/environments/box2d/bipedal_walker.h"
#include "actor/environments/box2d/lunar_lander.h"
#include "actor/environments/classic/acrobot.h"
#include "actor/environments/classic/cartpole.h"
#include "actor/environments/classic/mountain_car.h"
#include "actor/environments/classic/mountain_car_continuous.h"
#include "actor/environments/classic/pendulum.h"
#include "actor/environments/minatar/minatar.h"
#include "actor/environments/mujoco/mujoco.h"
#include "actor/environments/remote.h"
#include "actor/environments/small/catch.h"
#include "actor/environments/small/lecture_two_state.h"
#include "actor/environments/small/match.h"
#include "actor/environments/small/recall.h"
#include "actor/environments/small/rock_paper_scissors.h"
#include "actor/environments/small/two_state.h"
#include "actor/environments/synthetic.h"
#include "actor/gym_family.h"
#include "actor/vector_env.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace nyala {
namespace {

// Both action sets of a MinAtar game.
template <typename Make>
void RegisterMinAtar(EnvironmentRegistry& registry, const std::string& name, Make make) {
  registry.Register("MinAtar/" + name + "-v0", [make] { return make(MinAtarActions::kAll); });
  registry.Register("MinAtar/" + name + "-v1", [make] { return make(MinAtarActions::kMinimal); });
}

void RegisterBox2D(EnvironmentRegistry& registry) {
  for (const char* const id : {"BipedalWalker-v3", "BipedalWalkerHardcore-v3"}) {
    const bool hardcore = id != std::string("BipedalWalker-v3");
    registry.Register(id, [id, hardcore] { return MakeBipedalWalker(id, hardcore); });
  }
  for (const char* const version : {"-v2", "-v3"}) {
    registry.Register(
        std::string("LunarLander") + version,
        [](const EnvironmentId& id) { return MakeLunarLander(id, false); }, Reach::Nothing());
    registry.Register(
        std::string("LunarLanderContinuous") + version,
        [](const EnvironmentId& id) { return MakeLunarLander(id, true); }, Reach::Nothing());
  }
}

void RegisterAll(EnvironmentRegistry& registry) {
  registry.Register("Acrobot-v1", [] { return MakeAcrobot(); });
  RegisterBox2D(registry);
  registry.Register("CartPole-v0", [] { return MakeCartPole("CartPole-v0", 200, 195); });
  registry.Register("CartPole-v1", [] { return MakeCartPole("CartPole-v1", 500, 475); });
  registry.Register("Catch", [] { return MakeCatch(); });
  registry.Register("LectureTwoState", [] { return MakeLectureTwoState(); });
  registry.Register("MatchBits", [] { return MakeMatchBits(); });
  registry.Register("MatchDials", [] { return MakeMatchDials(); });
  RegisterMinAtar(registry, "Asterix", MakeMinAtarAsterix);
  RegisterMinAtar(registry, "Breakout", MakeMinAtarBreakout);
  RegisterMinAtar(registry, "Freeway", MakeMinAtarFreeway);
  RegisterMinAtar(registry, "Seaquest", MakeMinAtarSeaquest);
  RegisterMinAtar(registry, "SpaceInvaders", MakeMinAtarSpaceInvaders);
  registry.Register("MountainCar-v0", [] { return MakeMountainCar(); });
  registry.Register("MountainCarContinuous-v0", [] { return MakeMountainCarContinuous(); });
  RegisterMujoco(registry);
  registry.Register("Pendulum-v1", [] { return MakePendulum(); });
  registry.Register("Recall-10", [] { return MakeRecall(10); });
  registry.Register("Recall-50", [] { return MakeRecall(50); });
  registry.Register("Recall-100", [] { return MakeRecall(100); });
  registry.Register("RockPaperScissors", [] { return MakeRockPaperScissors(); });
  registry.Register("TwoState", [] { return MakeTwoState(); });
  RegisterGymFamily(registry);
  registry.RegisterFamily(
      "ALE/", "Pong-v5 and the other games of the Arcade Learning Environment, 84x84 grey",
      MakeAtariGame, Reach::Of("reads a file", {"rom"}));
  registry.RegisterFamily(
      "synthetic:", "atari, cartpole or custom: of given shape, length and cost, for throughput",
      [](const EnvironmentId& id) -> EnvironmentRegistry::Result {
        NYALA_ASSIGN_OR_RETURN(const SyntheticOptions options, ReadSyntheticOptions(id));
        return MakeSynthetic(options);
      },
      Reach::Nothing());
}

}  // namespace

EnvironmentRegistry& Environments() {
  static EnvironmentRegistry* const registry = [] {
    auto* filled = new EnvironmentRegistry;
    RegisterAll(*filled);
    NYALA_CHECK(filled->status().ok(), "a built-in environment could not be registered");
    return filled;
  }();
  return *registry;
}

VectorEnvRegistry& VectorEnvs() {
  static VectorEnvRegistry* const registry = [] {
    auto* filled = new VectorEnvRegistry;
    filled->RegisterFamily(
        "grpc:", "HOST:PORT or unix:/path: served by another process, in any language", MakeRemote,
        Reach::Always("connects to a server", {"name"}));
    return filled;
  }();
  return *registry;
}

}  // namespace nyala
