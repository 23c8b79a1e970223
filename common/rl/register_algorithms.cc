#include "common/rl/a2c.h"
#include "common/rl/algorithm.h"
#include "common/rl/appo.h"
#include "common/rl/cem.h"
#include "common/rl/impala.h"
#include "common/rl/reinforce.h"

namespace nyala {

AlgorithmRegistry& Algorithms() {
  static AlgorithmRegistry& registry = *[] {
    auto* made = new AlgorithmRegistry("algorithm");
    made->Register("impala", MakeImpala);
    made->Register("appo", MakeAppo);
    // The same mathematics; its batches are on-policy, so importance weights are 1.
    made->Register("ppo", MakeAppo);
    made->Register("a2c", MakeA2c);
    // The same mathematics; where its gradients are computed is what differs.
    made->Register("a3c", MakeA2c);
    made->Register("reinforce", MakeReinforce);
    made->Register("cem", MakeCem);
    return made;
  }();
  return registry;
}

}  // namespace nyala
