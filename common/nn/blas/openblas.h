// Functions of OpenBLAS by their names. Not linked directly: the BLAS behind LibTorch is the
// system's choice. Any thread.
#pragma once

#include <dlfcn.h>

namespace nyala {

// Null when the BLAS is no OpenBLAS, or has no such function.
template <typename Function>
Function* OpenBlas(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace nyala
