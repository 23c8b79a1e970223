// Which BLAS this process computes with: Debian's default is 18 times slower than OpenBLAS.
//
// Any thread.
#pragma once

#include <string>

namespace nyala {

// Path of the library that products of matrices are computed by, links resolved; "" when it cannot
// be told.
std::string BlasPath();

// Whether it is the slow reference implementation.
bool IsReferenceBlas(const std::string& path);

// One line when the slow one is loaded.
void WarnIfSlowBlas();

}  // namespace nyala
