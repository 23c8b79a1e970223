#include <stdexcept>

#include "actor/plugin.h"

NYALA_PLUGIN(registry) {
  registry.Register("PluginThrowing-v0", [] { return std::unique_ptr<nyala::Environment>(); });
  throw std::runtime_error("no licence was found");
}
