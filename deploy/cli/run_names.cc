#include "deploy/cli/run_names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/system/file.h"

namespace nyala {

std::string DefaultRunDir(const RunConfig& config, std::time_t now) {
  std::tm local;
  localtime_r(&now, &local);
  char stamp[32];
  std::strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &local);
  const std::string environment =
      absl::StrReplaceAll(config.environment().id(), {{"/", "_"}, {" ", "_"}});
  const std::string first =
      absl::StrCat("runs/", environment, "-", config.algorithm().name(), "-", stamp);
  std::string folder = first;
  for (int i = 2; PathExists(folder); ++i) folder = absl::StrCat(first, "-", i);
  return folder;
}

}  // namespace nyala
