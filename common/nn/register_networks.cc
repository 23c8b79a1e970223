#include "common/nn/cnn.h"
#include "common/nn/mlp.h"
#include "common/nn/network.h"

namespace nyala {

NetworkRegistry& Networks() {
  static NetworkRegistry& registry = *[] {
    auto* made = new NetworkRegistry("network");
    made->Register("mlp", MakeMlp);
    made->Register("cnn", MakeCnn);
    return made;
  }();
  return registry;
}

}  // namespace nyala
