// Which of its kernels OpenBLAS computes with.
//
// OpenBLAS picks them by the processor's name and takes those of 2004 ("Prescott") for a processor
// that is newer than itself, which costs up to half of the learner's speed: Debian 12's does so on
// Intel's Xeons of 2023. The variable OPENBLAS_CORETYPE overrules it, and us.
#pragma once

#include <string>

namespace nyala {

struct CpuFeatures {
  bool avx2_fma = false;
  // AVX-512 F, CD, BW, DQ and VL.
  bool avx512 = false;
};
CpuFeatures ThisCpu();

// The kernels to take instead of those named `core`; "" when these are right.
std::string BetterKernels(const std::string& core, const CpuFeatures& cpu);

// Takes better kernels if there are any. Call it first in main: no thread may compute yet.
void UseFittingBlasKernels();

// "SkylakeX", say; "" when the BLAS is no OpenBLAS.
std::string BlasKernels();

}  // namespace nyala
