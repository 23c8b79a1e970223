#include "common/nn/torch_threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace nyala {

void UseOneTorchThread() {
  at::set_num_threads(1);
  using SetThreads = void (*)(int);
  // Not linked directly: the BLAS behind LibTorch is the system's choice.
  static const auto set_openblas_threads =
      reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_openblas_threads != nullptr) set_openblas_threads(1);
}

}  // namespace nyala
