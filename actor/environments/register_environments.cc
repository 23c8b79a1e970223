// One line for each environment.
#include "actor/environment.h"
#include "actor/environments/cartpole.h"
#include "actor/environments/catch.h"
#include "actor/environments/two_state.h"

namespace nyala {
namespace {

void RegisterAll(EnvironmentRegistry& registry) {
  registry.Register("CartPole-v0", [] { return MakeCartPole("CartPole-v0", 200, 195); });
  registry.Register("CartPole-v1", [] { return MakeCartPole("CartPole-v1", 500, 475); });
  registry.Register("Catch", [] { return MakeCatch(); });
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
