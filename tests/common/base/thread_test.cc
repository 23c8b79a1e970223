#include "common/base/thread.h"

#include <pthread.h>

#include <atomic>

#include "gtest/gtest.h"

namespace nyala {
namespace {

TEST(ThreadTest, RunsNamedAndIsJoinedByItsDestructor) {
  std::string name;
  std::atomic<bool> ran{false};
  {
    Thread thread("a name that is too long", [&] {
      char text[16] = {};
      pthread_getname_np(pthread_self(), text, sizeof(text));
      name = text;
      ran = true;
    });
  }
  EXPECT_TRUE(ran);
  EXPECT_EQ(name, "a name that is ");
}

TEST(ThreadTest, JoinIsIdempotentAndAnEmptyThreadNeedsNone) {
  Thread empty;
  empty.Join();
  int runs = 0;
  Thread thread("once", [&] { ++runs; });
  thread.Join();
  thread.Join();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace nyala
