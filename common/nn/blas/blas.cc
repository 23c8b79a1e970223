#include "common/nn/blas/blas.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "absl/strings/match.h"
#include "common/system/log.h"

namespace nyala {

std::string BlasPath() {
  // The symbol LibTorch calls, found the way the loader finds it.
  void* product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (product == nullptr) product = dlsym(RTLD_DEFAULT, "cblas_sgemm");
  Dl_info info;
  if (product == nullptr || dladdr(product, &info) == 0 || info.dli_fname == nullptr) return "";
  char* resolved = realpath(info.dli_fname, nullptr);
  const std::string path = resolved == nullptr ? info.dli_fname : resolved;
  free(resolved);
  return path;
}

bool IsReferenceBlas(const std::string& path) {
  // Other implementations install a libblas.so too, in a folder with their name.
  for (const char* fast : {"openblas", "mkl", "blis", "atlas"}) {
    if (absl::StrContains(path, fast)) return false;
  }
  const std::string file = path.substr(path.rfind('/') + 1);
  return absl::StartsWith(file, "libblas.so") || absl::StartsWith(file, "librefblas");
}

void WarnIfSlowBlas() {
  const std::string path = BlasPath();
  if (IsReferenceBlas(path)) {
    Log("slow BLAS loaded (%s): learning is up to 18 times slower than with OpenBLAS; on Debian "
        "`apt-get install libopenblas0-pthread` replaces it",
        path);
  }
}

}  // namespace nyala
