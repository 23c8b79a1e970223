#include "actor/environment.h"

#include "absl/strings/str_cat.h"

namespace nyala {

absl::Status Environment::SaveState(std::string*) const {
  return absl::UnimplementedError(absl::StrCat(spec().id, " cannot be saved within an episode"));
}

absl::Status Environment::RestoreState(absl::string_view) {
  return absl::UnimplementedError(absl::StrCat(spec().id, " cannot be restored"));
}

}  // namespace nyala
