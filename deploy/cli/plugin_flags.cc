#include "deploy/cli/plugin_flags.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "actor/environment_registry.h"
#include "actor/plugin_loader.h"
#include "common/base/shell_quote.h"
#include "common/base/status_macros.h"

namespace nyala {

void PluginFlags::AddTo(CLI::App& app) {
  app.add_option("--plugin", paths_,
                 "Shared library with environments of your own, may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

absl::Status PluginFlags::Load() const {
  for (const std::string& path : paths_) {
    NYALA_RETURN_IF_ERROR(LoadPlugin(path, Environments()));
  }
  return absl::OkStatus();
}

std::string PluginFlags::Text() const {
  std::string text;
  for (const std::string& path : paths_) absl::StrAppend(&text, " --plugin=", ShellQuote(path));
  return text;
}

}  // namespace nyala
