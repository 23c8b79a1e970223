// One line for each environment.
#include "actor/environment.h"
#include "actor/environments/acrobot.h"
#include "actor/environments/cartpole.h"
#include "actor/environments/catch.h"
#include "actor/environments/lecture_two_state.h"
#include "actor/environments/match.h"
#include "actor/environments/minatar/minatar.h"
#include "actor/environments/mountain_car.h"
#include "actor/environments/mountain_car_continuous.h"
#include "actor/environments/pendulum.h"
#include "actor/environments/recall.h"
#include "actor/environments/rock_paper_scissors.h"
#include "actor/environments/two_state.h"

namespace nyala {
namespace {

// Both action sets of a MinAtar game.
template <typename Make>
void RegisterMinAtar(EnvironmentRegistry& registry, const std::string& name, Make make) {
  registry.Register("MinAtar/" + name + "-v0", [make] { return make(MinAtarActions::kAll); });
  registry.Register("MinAtar/" + name + "-v1", [make] { return make(MinAtarActions::kMinimal); });
}

void RegisterAll(EnvironmentRegistry& registry) {
  registry.Register("Acrobot-v1", [] { return MakeAcrobot(); });
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
  registry.Register("Pendulum-v1", [] { return MakePendulum(); });
  registry.Register("Recall-10", [] { return MakeRecall(10); });
  registry.Register("Recall-50", [] { return MakeRecall(50); });
  registry.Register("Recall-100", [] { return MakeRecall(100); });
  registry.Register("RockPaperScissors", [] { return MakeRockPaperScissors(); });
  registry.Register("TwoState", [] { return MakeTwoState(); });
}

}  // namespace

EnvironmentRegistry& Environments() {
  static EnvironmentRegistry* const registry = [] {
    auto* filled = new EnvironmentRegistry("environment");
    RegisterAll(*filled);
    return filled;
  }();
  return *registry;
}

}  // namespace nyala
