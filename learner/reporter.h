// Reporter: the progress line and the rows of metrics, on a thread of its own.
//
// Threads: owns one; Stop (or the destructor) ends and joins it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/thread.h"
#include "common/system/stop.h"
#include "common/wire/server/listener.h"
#include "learner/admission/learner_core.h"
#include "learner/admission/roster.h"
#include "learner/batches/batch_assembler.h"
#include "learner/metrics/metrics_writer.h"
#include "learner/metrics/progress.h"
#include "learner/run_state.h"
#include "nyala/run_config.pb.h"

namespace nyala {

class Reporter {
 public:
  struct Parts {
    const SharedRunState* state;
    const BatchAssembler* assembler;
    const LearnerCore* core;
    const Roster* roster;
    std::function<double()> seconds;  // that the run took so far
    std::string learner_help;         // for NameBottleneck
    const DoorCounters* door;
  };
  Reporter(const RunConfig& config, const Parts& parts, MetricsWriter metrics, bool show_progress);
  ~Reporter();

  // Last row of metrics, last progress line; no more after it. Idempotent.
  void Stop();

 private:
  void Work();
  // Over the time since the last call.
  struct Rates {
    double frames_per_second = 0;
    double updates_per_second = 0;
    double waiting = 0;
    double blocked = 0;
    double lag = 0;
    double replay_age = 0;
    bool all_refused = false;  // and something was sent
  };
  Rates TakeRates(RunState state);
  Progress MakeProgress(const RunState& state) const;
  void WriteMetrics(const RunState& state);

  const RunConfig config_;
  const bool takes_turns_;
  const Parts parts_;
  MetricsWriter metrics_;
  std::unique_ptr<ProgressPrinter> printer_;
  RunState last_;
  double last_time_;
  double last_blocked_ = 0;
  uint64_t last_accepted_ = 0;
  uint64_t last_refused_ = 0;
  Rates rates_;
  Progress shown_;
  StopSource ended_;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace nyala
