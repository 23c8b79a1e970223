#include "common/nn/blas/blas_kernels.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>

namespace nyala {
namespace {

TEST(BlasKernels, OfAProcessorThatOpenBlasDoesNotKnowAreThoseItCanRun) {
  EXPECT_EQ(BetterKernels("Prescott", {true, true}), "SkylakeX");
  EXPECT_EQ(BetterKernels("Prescott", {true, false}), "Haswell");
  EXPECT_EQ(BetterKernels("Prescott", {false, false}), "");
  for (const char* right : {"Zen", "Haswell", "SkylakeX", "Nehalem", "ARMV8", ""}) {
    EXPECT_EQ(BetterKernels(right, {true, true}), "") << right;
  }
}

TEST(BlasKernels, ThatWereChangedComputeTheSameProducts) {
  if (BetterKernels(BlasKernels(), ThisCpu()).empty() ||
      std::getenv("OPENBLAS_CORETYPE") != nullptr) {
    GTEST_SKIP() << "SKIPPED: the kernels are right, or OPENBLAS_CORETYPE is set";
  }
  const torch::Tensor a = torch::rand({70, 50}), b = torch::rand({50, 90});
  const torch::Tensor before = a.mm(b);
  UseFittingBlasKernels();
  EXPECT_TRUE(torch::allclose(a.mm(b), before, 1e-4, 1e-5));
  EXPECT_EQ(BetterKernels(BlasKernels(), ThisCpu()), "");
}

}  // namespace
}  // namespace nyala
