#include "deploy/cli/config_help.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/config/describe.h"

namespace nyala {
namespace {

constexpr size_t kWidth = 92;
constexpr char kIndent[] = "      ";

std::string Wrapped(const std::string& paragraph) {
  std::string text;
  std::string line;
  for (const absl::string_view word : absl::StrSplit(paragraph, ' ', absl::SkipEmpty())) {
    if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
      absl::StrAppend(&text, kIndent, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty()) absl::StrAppend(&text, kIndent, line, "\n");
  return text;
}

}  // namespace

std::string ConfigHelp(const std::string& filter) {
  std::string text;
  for (const FieldHelp& field : DescribeFields()) {
    if (!absl::StrContains(field.path, filter)) continue;
    absl::StrAppend(&text, "  ", field.path,
                    field.default_value.empty() ? "" : absl::StrCat("=", field.default_value),
                    "  (", field.type, ")\n", Wrapped(field.comment));
  }
  return text;
}

}  // namespace nyala
