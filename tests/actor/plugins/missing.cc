#include "actor/plugin.h"

namespace nyala {
int NobodyHasThis();
}

NYALA_PLUGIN(registry) {
  if (nyala::NobodyHasThis() == 1) {
    registry.Register("X", [] { return std::unique_ptr<nyala::Environment>(); });
  }
}
