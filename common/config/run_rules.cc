#include "common/config/run_rules.h"

namespace nyala {

bool IsSynchronous(const RunConfig& config) { return config.algorithm().name() == "a2c"; }

}  // namespace nyala
