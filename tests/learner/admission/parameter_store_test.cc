#include "learner/admission/parameter_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace nyala {
namespace {

std::shared_ptr<const ParameterSnapshot> Version(uint64_t version) {
  return std::make_shared<const ParameterSnapshot>(
      ParameterSnapshot{version, 7, {static_cast<float>(version)}});
}

TEST(ParameterStore, IsEmptyAtFirst) {
  ParameterStore store;
  EXPECT_EQ(store.Newest(), nullptr);
  EXPECT_EQ(store.version(), 0u);
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

TEST(ParameterStore, SubscribersHearOfAVersionOnceItCanBeHad) {
  ParameterStore store;
  store.Publish(Version(1));
  std::vector<uint64_t> heard;
  store.Subscribe([&](uint64_t version) {
    heard.push_back(version);
    EXPECT_EQ(store.Newest()->version, version);
  });
  store.Publish(Version(2));
  store.Publish(Version(5));
  EXPECT_EQ(heard, (std::vector<uint64_t>{2, 5}));
}

TEST(ParameterStoreDeathTest, VersionsMustGoUp) {
  ParameterStore store;
  store.Publish(Version(2));
  EXPECT_DEATH(store.Publish(Version(2)), "versions must go up");
}

}  // namespace
}  // namespace nyala
