#include "learner/admission/parameter_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "common/base/thread.h"

namespace nyala {
namespace {

using std::chrono::nanoseconds;
constexpr std::chrono::seconds kLong(60);

std::shared_ptr<const ParameterSnapshot> Version(uint64_t version) {
  return std::make_shared<const ParameterSnapshot>(
      ParameterSnapshot{version, 7, {static_cast<float>(version)}});
}

TEST(ParameterStore, IsEmptyAtFirst) {
  ParameterStore store;
  EXPECT_EQ(store.Newest(), nullptr);
  EXPECT_EQ(store.version(), 0u);
  EXPECT_EQ(store.WaitFor(1, nanoseconds(0)), nullptr);
}

TEST(ParameterStore, ReadersKeepWhatTheyHold) {
  ParameterStore store;
  store.Publish(Version(1));
  const auto held = store.Newest();
  store.Publish(Version(2));
  EXPECT_EQ(held->version, 1u);
  EXPECT_EQ(held->values[0], 1.0f);
  EXPECT_EQ(store.Newest()->version, 2u);
  EXPECT_EQ(store.version(), 2u);
}

TEST(ParameterStore, WaitForReturnsTheNewestOnceItIsThere) {
  ParameterStore store;
  store.Publish(Version(1));
  EXPECT_EQ(store.WaitFor(1, nanoseconds(0))->version, 1u);
  std::shared_ptr<const ParameterSnapshot> got;
  Thread waiter("waiter", [&] { got = store.WaitFor(3, kLong); });
  store.Publish(Version(2));
  store.Publish(Version(3));
  waiter.Join();
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->version, 3u);
}

TEST(ParameterStore, CloseEndsEveryWait) {
  ParameterStore store;
  store.Publish(Version(1));
  std::atomic<int> ended{0};
  {
    Thread one("waiter", [&] { ended += store.WaitFor(2, kLong) == nullptr ? 1 : 0; });
    Thread two("waiter", [&] { ended += store.WaitFor(9, kLong) == nullptr ? 1 : 0; });
    store.Close();
  }
  EXPECT_EQ(ended, 2);
}

TEST(ParameterStoreDeathTest, VersionsMustGoUp) {
  ParameterStore store;
  store.Publish(Version(2));
  EXPECT_DEATH(store.Publish(Version(2)), "versions must go up");
}

}  // namespace
}  // namespace nyala
