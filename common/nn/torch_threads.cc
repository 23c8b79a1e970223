#include "common/nn/torch_threads.h"

#include <ATen/Parallel.h>

#include "common/nn/blas/openblas.h"

namespace nyala {

void UseOneTorchThread() {
  at::set_num_threads(1);
  static auto* const set_openblas_threads = OpenBlas<void(int)>("openblas_set_num_threads");
  if (set_openblas_threads != nullptr) set_openblas_threads(1);
}

}  // namespace nyala
