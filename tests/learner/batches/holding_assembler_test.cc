#include "learner/batches/holding_assembler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "common/base/thread.h"
#include "common/system/stop.h"
#include "learner/batches/async_assembler.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {
namespace {

std::shared_ptr<HoldingAssembler> MakeAssembler(int64_t slabs = 2) {
  AsyncAssembler::Options options;
  options.columns = 2;
  options.slabs = slabs;
  return std::make_shared<HoldingAssembler>(
      std::make_shared<AsyncAssembler>(AdmittedSpec(1), options));
}

TEST(HoldingAssembler, PassesUnrollsAndBatchesOn) {
  const auto assembler = MakeAssembler();
  const Unroll unroll = AdmittedUnroll(2, 0);
  const auto verdict = assembler->Admit(unroll.view(), 1);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  Slab* slab = assembler->NextFull();
  ASSERT_NE(slab, nullptr);
  assembler->Recycle(slab, 2);
}

TEST(HoldingAssembler, HoldEndsTheTrainersWait) {
  const auto assembler = MakeAssembler();
  Thread holder("holder", [&] { assembler->Hold(); });
  EXPECT_EQ(assembler->NextFull(), nullptr);
}

TEST(HoldingAssembler, WhoSubmitsAfterwardsHearsTheReasonOfCloseAlone) {
  const auto assembler = MakeAssembler();
  const Unroll unroll = AdmittedUnroll(2, 0);
  assembler->Hold();
  std::atomic<bool> answered{false};
  absl::Status status;
  {
    Thread submitter("submitter", [&] {
      status = assembler->Admit(unroll.view(), 1).status();
      answered = true;
    });
    StopSource never;
    for (int i = 0; i < 20 && !answered; ++i) never.WaitFor(std::chrono::milliseconds(1));
    EXPECT_FALSE(answered);
    assembler->Close(absl::CancelledError("the run is over"));
  }
  EXPECT_EQ(status, absl::CancelledError("the run is over"));
  EXPECT_EQ(assembler->Admit(unroll.view(), 1).status(), absl::CancelledError("the run is over"));
}

TEST(HoldingAssembler, WhoWaitsInsideHearsTheReasonOfCloseAlone) {
  const auto assembler = MakeAssembler(/*slabs=*/1);
  const Unroll unroll = AdmittedUnroll(2, 0);
  ASSERT_TRUE(assembler->Admit(unroll.view(), 1).ok());
  absl::Status status;
  {
    Thread submitter("submitter", [&] { status = assembler->Admit(unroll.view(), 1).status(); });
    assembler->Hold();
    assembler->Close(absl::UnavailableError("the learner stopped: no space"));
  }
  EXPECT_EQ(status, absl::UnavailableError("the learner stopped: no space"));
}

TEST(HoldingAssembler, CloseAloneEndsItToo) {
  const auto assembler = MakeAssembler();
  assembler->Close(absl::CancelledError("the run is over"));
  EXPECT_EQ(assembler->NextFull(), nullptr);
  const Unroll unroll = AdmittedUnroll(2, 0);
  EXPECT_TRUE(absl::IsCancelled(assembler->Admit(unroll.view(), 1).status()));
}

}  // namespace
}  // namespace nyala
