#include "learner/training/shard_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace nyala {
namespace {

TEST(ShardThreads, EveryShardRunsOncePerRoundAndTheFirstOnTheCaller) {
  for (const int count : {1, 2, 5}) {
    ShardThreads threads(count);
    std::vector<int> runs(count);
    const std::thread::id caller = std::this_thread::get_id();
    for (int round = 1; round <= 100; ++round) {
      threads.Run([&](int index) {
        ++runs[index];
        if (index == 0) {
          EXPECT_EQ(std::this_thread::get_id(), caller);
        }
      });
      EXPECT_EQ(runs, std::vector<int>(count, round));
    }
  }
}

TEST(ShardThreads, ShardsRunSideBySide) {
  ShardThreads threads(3);
  std::atomic<int> arrived{0};
  // Each waits for the others: one after the other would never end.
  threads.Run([&](int) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 3);
}

TEST(ShardThreads, AnExceptionOfAnyShardComesOutAndTheNextRoundWorks) {
  ShardThreads threads(3);
  for (int thrower = 0; thrower < 3; ++thrower) {
    std::atomic<int> ran{0};
    EXPECT_THROW(threads.Run([&](int index) {
      ++ran;
      if (index == thrower) throw std::runtime_error("as wanted");
    }),
                 std::runtime_error);
    EXPECT_EQ(ran, 3);
    ran = 0;
    threads.Run([&](int) { ++ran; });
    EXPECT_EQ(ran, 3);
  }
}

}  // namespace
}  // namespace nyala
