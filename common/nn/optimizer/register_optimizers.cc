#include "common/nn/optimizer/adam.h"
#include "common/nn/optimizer/optimizer.h"
#include "common/nn/optimizer/rmsprop.h"

namespace nyala {

OptimizerRegistry& Optimizers() {
  static OptimizerRegistry& registry = *[] {
    auto* made = new OptimizerRegistry("optimizer");
    made->Register("rmsprop", MakeRmsprop);
    made->Register("rmsprop_tf", MakeRmspropTf);
    made->Register("adam", MakeAdam);
    return made;
  }();
  return registry;
}

}  // namespace nyala
