#include "common/nn/blas/blas.h"

#include <gtest/gtest.h>

namespace nyala {
namespace {

TEST(IsReferenceBlas, KnowsTheSlowOneByItsPath) {
  EXPECT_TRUE(IsReferenceBlas("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0"));
  EXPECT_TRUE(IsReferenceBlas("/usr/lib64/libblas.so.3"));
}

TEST(IsReferenceBlas, LeavesFastOnesAlone) {
  EXPECT_FALSE(IsReferenceBlas("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3"));
  EXPECT_FALSE(
      IsReferenceBlas("/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so"));
  EXPECT_FALSE(IsReferenceBlas("/opt/libtorch/lib/libtorch_cpu.so"));
  EXPECT_FALSE(IsReferenceBlas("/opt/intel/mkl/libmkl_rt.so.2"));
  EXPECT_FALSE(IsReferenceBlas(""));
}

}  // namespace
}  // namespace nyala
