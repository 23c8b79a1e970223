#include <string>

#include "common/nn/actor_critic.h"
#include "common/nn/network.h"
#include "common/nn/torso/torso.h"

namespace nyala {
namespace {

void RegisterTorso(const std::string& name, TorsoFactory* make_torso, NetworkRegistry* networks) {
  networks->Register(
      name, [make_torso](const NetworkConfig& config, const EnvSpec& env, const PolicyHead& head) {
        return MakeActorCritic(make_torso, config, env, head);
      });
}

}  // namespace

NetworkRegistry& Networks() {
  static NetworkRegistry& registry = *[] {
    auto* made = new NetworkRegistry("network");
    RegisterTorso("mlp", MakeMlpTorso, made);
    RegisterTorso("cnn", MakeCnnTorso, made);
    RegisterTorso("minatar", MakeMinatarTorso, made);
    RegisterTorso("nature", MakeNatureTorso, made);
    RegisterTorso("impala_shallow", MakeImpalaShallowTorso, made);
    RegisterTorso("impala_deep", MakeImpalaDeepTorso, made);
    return made;
  }();
  return registry;
}

}  // namespace nyala
