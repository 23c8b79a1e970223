#include "common/rl/a2c.h"
#include "common/rl/algorithm.h"
#include "common/rl/impala.h"

namespace nyala {

AlgorithmRegistry& Algorithms() {
  static AlgorithmRegistry& registry = *[] {
    auto* made = new AlgorithmRegistry("algorithm");
    made->Register("impala", MakeImpala);
    made->Register("a2c", MakeA2c);
    return made;
  }();
  return registry;
}

}  // namespace nyala
