#include "common/base/queue.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <vector>

#include "common/base/thread.h"
#include "gtest/gtest.h"

namespace nyala {
namespace {

using std::chrono::milliseconds;

TEST(BoundedQueueTest, IsFirstInFirstOut) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.Push(int{i}));
  EXPECT_EQ(queue.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.Pop(), i);
}

TEST(BoundedQueueTest, AFullOneRefusesAndLeavesTheItemWithTheCaller) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.TryPush(std::make_unique<int>(1)));
  auto item = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(std::move(item)));
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(*item, 2);
}

TEST(BoundedQueueTest, PushWaitsForRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.Push(1));
  std::atomic<bool> pushed{false};
  {
    Thread producer("producer", [&] { pushed = queue.Push(2); });
    EXPECT_EQ(queue.Pop(), 1);
    EXPECT_EQ(queue.Pop(), 2);
  }
  EXPECT_TRUE(pushed);
}

TEST(BoundedQueueTest, PopForGivesUp) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.PopFor(milliseconds(1)), std::nullopt);
  ASSERT_TRUE(queue.Push(5));
  EXPECT_EQ(queue.PopFor(milliseconds(1)), 5);
}

TEST(BoundedQueueTest, CloseDropsWhatIsQueued) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.Push(1));
  queue.Close();
  queue.Close();
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.Pop(), std::nullopt);
  EXPECT_FALSE(queue.Push(2));
  EXPECT_FALSE(queue.TryPush(3));
}

TEST(BoundedQueueTest, DrainLetsConsumersTakeTheRest) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.Push(1));
  ASSERT_TRUE(queue.Push(2));
  queue.Drain();
  EXPECT_FALSE(queue.Push(3));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueueTest, CloseUnblocksEveryone) {
  BoundedQueue<int> full(1);
  ASSERT_TRUE(full.Push(1));
  BoundedQueue<int> empty(1);
  std::atomic<int> refused{0};
  {
    Thread producer("producer", [&] { refused += full.Push(2) ? 0 : 1; });
    Thread consumer("consumer", [&] { refused += empty.Pop().has_value() ? 0 : 1; });
    full.Close();
    empty.Close();
  }
  EXPECT_EQ(refused, 2);
}

TEST(BoundedQueueTest, NothingIsLostOrDoubledBetweenManyThreads) {
  constexpr int kThreads = 3;
  constexpr int kItems = 500;
  BoundedQueue<int> queue(4);
  Mutex mu;
  std::multiset<int> taken;
  std::vector<Thread> consumers;
  for (int i = 0; i < kThreads; ++i) {
    consumers.emplace_back("consumer", [&] {
      while (const std::optional<int> item = queue.Pop()) {
        MutexLock lock(mu);
        taken.insert(*item);
      }
    });
  }
  {
    std::vector<Thread> producers;
    for (int i = 0; i < kThreads; ++i) {
      producers.emplace_back("producer", [&queue, i] {
        for (int k = 0; k < kItems; ++k) queue.Push(i * kItems + k);
      });
    }
  }
  queue.Drain();
  consumers.clear();
  ASSERT_EQ(taken.size(), static_cast<size_t>(kThreads * kItems));
  int expected = 0;
  for (const int item : taken) EXPECT_EQ(item, expected++);
}

}  // namespace
}  // namespace nyala
