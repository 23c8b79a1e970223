// CoreUnrollStream: one rollout thread's place in the learner; gone when the stream is. Internal to
// learner.
//
// It is a stream of one lease and of one opening: what another lease or a later opening has
// replaced is told so, whatever it submits. Threads: one at a time.
#pragma once

#include <string>

#include "learner/admission/learner_core.h"

namespace nyala {

class CoreUnrollStream : public UnrollStream {
 public:
  CoreUnrollStream(LearnerCore* core, uint64_t lease, uint32_t thread, Roster::Opened opened);
  ~CoreUnrollStream() override;

  absl::StatusOr<SubmitReply> Submit(const UnrollView& unroll) override;
  absl::Status Standing() override;
  void OnEnd(const absl::Status& why) override { why_ended_ = why; }

 private:
  absl::Status Superseded() const;
  absl::Status CheckSender(const UnrollView& unroll) const;
  // Counts and logs a malformed unroll; returns `why`.
  absl::Status Malformed(const absl::Status& why);

  LearnerCore* const core_;
  const uint64_t lease_;
  const uint32_t thread_;
  const Roster::Opened opened_;
  const uint64_t most_frames_;
  bool told_refusal_ = false;
  absl::Status why_ended_;
};

}  // namespace nyala
