#include "deploy/render/film.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "deploy/render/films.h"

namespace nyala {
namespace {

struct FilmKind {
  const char* extension;
  absl::StatusOr<std::unique_ptr<Film>> (*open)(const FilmOptions& options);
};

constexpr FilmKind kKinds[] = {{".gif", OpenGif}, {".png", OpenSheet}, {".mp4", OpenMp4}};

const FilmKind* KindOf(const std::string& target) {
  for (const FilmKind& kind : kKinds) {
    if (absl::EndsWithIgnoreCase(target, kind.extension)) return &kind;
  }
  return nullptr;
}

}  // namespace

absl::Status CheckFilmTarget(const std::string& target) {
  if (target == "ansi" || KindOf(target) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", target, "' is neither a file that ends in .gif, .png or .mp4, nor 'ansi'"));
}

absl::StatusOr<std::unique_ptr<Film>> OpenFilm(const FilmOptions& options) {
  const absl::Status known = CheckFilmTarget(options.target);
  if (!known.ok()) return known;
  if (options.target == "ansi") return OpenAnsi(options);
  return KindOf(options.target)->open(options);
}

}  // namespace nyala
