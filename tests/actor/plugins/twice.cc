#include "actor/plugin.h"

NYALA_PLUGIN(registry) {
  for (int i = 0; i < 2; ++i) {
    registry.Register("PluginTwice-v0", [] { return std::unique_ptr<nyala::Environment>(); });
  }
  registry.RegisterFamily("plugin_twice", "", [](const nyala::EnvironmentId&) {
    return std::unique_ptr<nyala::Environment>();
  });
}
