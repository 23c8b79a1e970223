// What the columns of a run's metrics mean (metrics.jsonl, TensorBoard), as `nyala help metrics`
// prints it. Plain data.
#pragma once

#include "absl/types/span.h"

namespace nyala {

struct MetricsColumn {
  const char* name;
  const char* meaning;  // with its unit, and since when it counts
};

// Every row that a learner writes has these and no others; "replay/..." with replay alone, "one_in"
// once rows come less often.
absl::Span<const MetricsColumn> MetricsColumns();

}  // namespace nyala
