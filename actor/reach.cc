#include "actor/reach.h"

#include <algorithm>
#include <utility>

namespace nyala {

Reach Reach::Nothing() { return Reach(); }

Reach Reach::Of(const std::string& does, std::vector<std::string> arguments) {
  Reach reach;
  reach.does_ = does;
  reach.arguments_ = std::move(arguments);
  return reach;
}

Reach Reach::Always(const std::string& does, std::vector<std::string> harmless) {
  Reach reach = Of(does, std::move(harmless));
  reach.by_name_ = Names::kAlways;
  reach.others_ = true;
  return reach;
}

Reach Reach::Undeclared() {
  Reach reach = Always("may do anything with what it is given", {});
  reach.by_name_ = Names::kWithRest;
  return reach;
}

Outside Reach::Of(const EnvironmentId& id) const {
  Outside outside;
  outside.head = id.name + id.rest;
  outside.does = does_;
  outside.by_name =
      by_name_ == Names::kAlways || (by_name_ == Names::kWithRest && !id.rest.empty());
  for (const auto& [name, value] : id.arguments) {
    const bool listed = std::find(arguments_.begin(), arguments_.end(), name) != arguments_.end();
    if (listed != others_) outside.arguments[name] = value;
  }
  return outside;
}

}  // namespace nyala
