#include "common/nn/blas/blas_kernels.h"

#include <stdlib.h>

#include "common/nn/blas/openblas.h"

namespace nyala {

CpuFeatures ThisCpu() {
  CpuFeatures cpu;
#if defined(__x86_64__)
  __builtin_cpu_init();
  cpu.avx2_fma = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  cpu.avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
               __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
               __builtin_cpu_supports("avx512vl") != 0;
#endif
  return cpu;
}

std::string BetterKernels(const std::string& core, const CpuFeatures& cpu) {
  // No processor that has AVX2 is one of these.
  if (core != "Prescott" || !cpu.avx2_fma) return "";
  return cpu.avx512 ? "SkylakeX" : "Haswell";
}

void UseFittingBlasKernels() {
  constexpr char kOverride[] = "OPENBLAS_CORETYPE";
  if (getenv(kOverride) != nullptr) return;
  const std::string better = BetterKernels(BlasKernels(), ThisCpu());
  auto* const quit = OpenBlas<void()>("gotoblas_dynamic_quit");
  auto* const init = OpenBlas<void()>("gotoblas_dynamic_init");
  if (better.empty() || quit == nullptr || init == nullptr) return;
  setenv(kOverride, better.c_str(), 1);
  quit();
  init();
  // Another copy, as NumPy brings one, may know better.
  unsetenv(kOverride);
}

std::string BlasKernels() {
  auto* const name = OpenBlas<char*()>("openblas_get_corename");
  return name != nullptr ? name() : "";
}

}  // namespace nyala
