#include "common/config/run_rules.h"

namespace nyala {

bool IsSynchronous(const RunConfig& config) { return config.algorithm().name() == "a2c"; }

int32_t UnrollWindow(const RunConfig& config) {
  return IsSynchronous(config) ? 0 : config.actor().window();
}

}  // namespace nyala
