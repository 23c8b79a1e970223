#include "learner/batches/gradient_assembler.h"

#include <gtest/gtest.h>

#include <atomic>

#include "common/base/thread.h"
#include "tests/learner/batches/admitted.h"

namespace nyala {
namespace {

Unroll Gradient(float value, uint64_t version, uint32_t actor = 0) {
  Unroll unroll(AdmittedSpec(1));
  unroll.id = {actor, 0, 1};
  unroll.policy_version = version;
  unroll.gradient = {value, -value};
  unroll.facts.frames = 7;
  unroll.facts.entropy = value;
  unroll.episodes = {{value, 3, false}};
  return unroll;
}

UnrollVerdict Admit(GradientAssembler& assembler, const Unroll& unroll, uint64_t newest) {
  const auto verdict = assembler.Admit(unroll.view(), newest);
  EXPECT_TRUE(verdict.ok()) << verdict.status();
  return verdict.value_or(UnrollVerdict::kDuplicate);
}

TEST(GradientAssembler, GivesOneGradientAtATimeInTheOrderOfArrival) {
  GradientAssembler assembler(AdmittedSpec(1), {3, 0});
  for (const float value : {1.0f, 2.0f, 3.0f}) {
    EXPECT_EQ(Admit(assembler, Gradient(value, 1, static_cast<uint32_t>(value)), 1),
              UnrollVerdict::kAccepted);
  }
  for (const float value : {1.0f, 2.0f, 3.0f}) {
    Slab* slab = assembler.NextFull();
    ASSERT_NE(slab, nullptr);
    EXPECT_EQ(slab->gradient, (std::vector<float>{value, -value}));
    EXPECT_EQ(slab->facts.frames, 7u);
    EXPECT_EQ(slab->facts.entropy, value);
    ASSERT_EQ(slab->parts.size(), 1u);
    EXPECT_EQ(slab->parts[0].actor, static_cast<uint32_t>(value));
    ASSERT_EQ(slab->episodes.size(), 1u);
    EXPECT_EQ(slab->episodes[0].episode_return, value);
    assembler.Recycle(slab, 2);
    EXPECT_TRUE(slab->gradient.empty());
  }
}

// A run whose trainer hangs reported that nobody waited for it.
TEST(GradientAssembler, AWaitThatGoesOnCountsAsBlocked) {
  GradientAssembler assembler(AdmittedSpec(1), {1, 0});
  EXPECT_EQ(Admit(assembler, Gradient(1, 1), 1), UnrollVerdict::kAccepted);
  EXPECT_EQ(assembler.blocked_seconds(), 0);
  Thread producer("producer",
                  [&] { EXPECT_FALSE(assembler.Admit(Gradient(2, 1).view(), 1).ok()); });
  EXPECT_TRUE(Eventually([&] { return assembler.blocked_seconds() > 0; }));
  const double before = assembler.blocked_seconds();
  EXPECT_TRUE(Eventually([&] { return assembler.blocked_seconds() > before; }));
  assembler.Close(absl::UnavailableError("stopping"));
  producer.Join();
  EXPECT_GE(assembler.blocked_seconds(), before);
}

TEST(GradientAssembler, StalenessCountsWhatWillBeAppliedBefore) {
  GradientAssembler assembler(AdmittedSpec(1), {4, 2});
  // At version 5 a gradient of version 3 is 2 old; behind another one it would be 3.
  EXPECT_EQ(Admit(assembler, Gradient(1, 2), 5), UnrollVerdict::kStale);
  EXPECT_EQ(Admit(assembler, Gradient(1, 3), 5), UnrollVerdict::kAccepted);
  EXPECT_EQ(Admit(assembler, Gradient(1, 3), 5), UnrollVerdict::kStale);
  EXPECT_EQ(Admit(assembler, Gradient(1, 4), 5), UnrollVerdict::kAccepted);
  EXPECT_EQ(Admit(assembler, Gradient(1, 5), 5), UnrollVerdict::kAccepted);
}

TEST(GradientAssembler, TheOneInTrainingCountsToo) {
  GradientAssembler assembler(AdmittedSpec(1), {3, 1});
  EXPECT_EQ(Admit(assembler, Gradient(1, 5), 5), UnrollVerdict::kAccepted);
  Slab* slab = assembler.NextFull();
  EXPECT_EQ(Admit(assembler, Gradient(2, 4), 5), UnrollVerdict::kStale);
  EXPECT_EQ(Admit(assembler, Gradient(2, 5), 5), UnrollVerdict::kAccepted);
  assembler.Recycle(slab, 6);
}

TEST(GradientAssembler, TheLearnersProgressWhileOneWaitsCounts) {
  GradientAssembler assembler(AdmittedSpec(1), {2, 1});
  EXPECT_EQ(Admit(assembler, Gradient(1, 1), 1), UnrollVerdict::kAccepted);
  Slab* slab = assembler.NextFull();
  assembler.Recycle(slab, 4);
  // The caller read the version before the learner went on.
  EXPECT_EQ(Admit(assembler, Gradient(1, 1), 1), UnrollVerdict::kStale);
}

TEST(GradientAssembler, WithoutALimitNothingIsStale) {
  GradientAssembler assembler(AdmittedSpec(1), {2, 0});
  EXPECT_EQ(Admit(assembler, Gradient(1, 1), 1000), UnrollVerdict::kAccepted);
}

TEST(GradientAssembler, AFullOneMakesActorsWaitUntilASlabComesBack) {
  GradientAssembler assembler(AdmittedSpec(1), {2, 0});
  Admit(assembler, Gradient(1, 1), 1);
  Admit(assembler, Gradient(2, 1), 1);
  std::atomic<bool> admitted{false};
  Thread actor("actor", [&] {
    Admit(assembler, Gradient(3, 1), 1);
    admitted = true;
  });
  ASSERT_TRUE(Eventually([&] { return assembler.blocked_seconds() > 0; }));
  Slab* slab = assembler.NextFull();
  EXPECT_FALSE(admitted);
  assembler.Recycle(slab, 2);
  EXPECT_TRUE(Eventually([&] { return admitted.load(); }));
}

TEST(GradientAssembler, CloseLetsEveryoneGoWithItsReason) {
  GradientAssembler assembler(AdmittedSpec(1), {2, 0});
  Admit(assembler, Gradient(1, 1), 1);
  Admit(assembler, Gradient(2, 1), 1);
  absl::Status told;
  Thread actor("actor", [&] { told = assembler.Admit(Gradient(3, 1).view(), 1).status(); });
  assembler.Close(absl::CancelledError("the run is over"));
  actor.Join();
  EXPECT_TRUE(absl::IsCancelled(told));
  EXPECT_EQ(assembler.NextFull(), nullptr);
}

}  // namespace
}  // namespace nyala
