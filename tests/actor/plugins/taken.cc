#include "actor/plugin.h"

NYALA_PLUGIN(registry) {
  registry.Register("APluginsOwn-v0", [] { return std::unique_ptr<nyala::Environment>(); });
  registry.Register("CartPole-v1", [] { return std::unique_ptr<nyala::Environment>(); });
}
