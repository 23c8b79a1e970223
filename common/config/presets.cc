#include "common/config/presets.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/suggest.h"
#include "common/config/embedded.h"
#include "common/config/text.h"

namespace nyala {
namespace {

constexpr char kSuffix[] = ".textproto";

std::vector<std::string> PresetNames() {
  std::vector<std::string> names;
  for (int i = 0; i < kEmbeddedFilesCount; ++i) {
    absl::string_view name = kEmbeddedFiles[i].name;
    if (absl::ConsumeSuffix(&name, kSuffix)) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// "CartPole-v1" -> "cartpole", "ALE/Pong-v5" -> "ale-pong".
std::string Stem(const std::string& environment) {
  std::string stem = absl::AsciiStrToLower(environment.substr(0, environment.find(',')));
  const size_t version = stem.rfind("-v");
  if (version != std::string::npos && version + 2 < stem.size() &&
      std::all_of(stem.begin() + version + 2, stem.end(), absl::ascii_isdigit)) {
    stem.resize(version);
  }
  std::replace_if(
      stem.begin(), stem.end(), [](char c) { return c == '/' || c == '_'; }, '-');
  return stem;
}

// What presets may be named for, the nearest first: the environment, and the group that it is in
// ("MinAtar/Breakout-v0": "minatar-breakout", "minatar").
std::vector<std::string> Stems(const std::string& environment) {
  std::vector<std::string> stems{Stem(environment)};
  const size_t slash = environment.find('/');
  if (slash != std::string::npos) stems.push_back(Stem(environment.substr(0, slash)));
  return stems;
}

}  // namespace

std::vector<PresetInfo> ListPresets() {
  std::vector<PresetInfo> presets;
  for (const std::string& name : PresetNames()) {
    const absl::StatusOr<RunConfig> config = LoadPreset(name);
    presets.push_back(
        {name, config.ok() ? config->description() : std::string(config.status().message())});
  }
  return presets;
}

absl::StatusOr<RunConfig> LoadPreset(const std::string& name) {
  const EmbeddedFile* file = FindEmbeddedFile(absl::StrCat(name, kSuffix));
  if (file == nullptr) {
    return absl::InvalidArgumentError(UnknownNameMessage("preset", name, PresetNames()));
  }
  return ParseConfig(file->contents(), absl::StrCat("preset ", name));
}

std::string PresetNamedFor(const std::string& environment, const std::string& algorithm) {
  for (const std::string& stem : Stems(environment)) {
    const std::string name = absl::StrCat(stem, "-", algorithm);
    if (FindEmbeddedFile(absl::StrCat(name, kSuffix)) != nullptr) return name;
  }
  return "";
}

std::string PresetNamedFor(const std::string& environment) {
  for (const std::string& stem : Stems(environment)) {
    for (const std::string& name : PresetNames()) {
      // What follows is one word, or it is the preset of another environment.
      if (absl::StartsWith(name, absl::StrCat(stem, "-")) &&
          name.find('-', stem.size() + 1) == std::string::npos) {
        return name;
      }
    }
  }
  return "";
}

}  // namespace nyala
