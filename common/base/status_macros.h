// Early returns for absl::Status and absl::StatusOr.
//
//   NYALA_RETURN_IF_ERROR(Validate(config));
//   NYALA_ASSIGN_OR_RETURN(auto file, Open(path));
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define NYALA_RETURN_IF_ERROR(expression)                                                  \
  do {                                                                                     \
    if (absl::Status nyala_status = (expression); !nyala_status.ok()) return nyala_status; \
  } while (false)

#define NYALA_CONCAT_INNER(a, b) a##b
#define NYALA_CONCAT(a, b) NYALA_CONCAT_INNER(a, b)
#define NYALA_ASSIGN_OR_RETURN(target, expression) \
  NYALA_ASSIGN_OR_RETURN_IMPL(NYALA_CONCAT(nyala_or_, __LINE__), target, expression)
#define NYALA_ASSIGN_OR_RETURN_IMPL(result, target, expression) \
  auto result = (expression);                                   \
  if (!result.ok()) return result.status();                     \
  target = *std::move(result)
