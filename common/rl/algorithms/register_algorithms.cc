#include "common/rl/algorithms/a2c.h"
#include "common/rl/algorithms/algorithm.h"
#include "common/rl/algorithms/appo.h"
#include "common/rl/algorithms/cem.h"
#include "common/rl/algorithms/impala.h"
#include "common/rl/algorithms/reinforce.h"

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
