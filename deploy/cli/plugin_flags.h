// --plugin: shared libraries with environments of the user's own. One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace nyala {

class PluginFlags {
 public:
  // `app` writes to this object while it parses.
  void AddTo(CLI::App& app);
  // Adds what the libraries bring to Environments(); actor/plugin_loader.h says what can be wrong.
  // Before the first environment is made.
  absl::Status Load() const;
  // The same flags again, with a leading space; empty for none.
  std::string Text() const;

 private:
  std::vector<std::string> paths_;
};

}  // namespace nyala
