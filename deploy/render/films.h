// The kinds of Film, each in a file of its name. As deploy/render/film.h says.
#pragma once

#include <cstdio>
#include <memory>

#include "absl/status/statusor.h"
#include "deploy/render/film.h"

namespace nyala {

absl::StatusOr<std::unique_ptr<Film>> OpenGif(const FilmOptions& options);
absl::StatusOr<std::unique_ptr<Film>> OpenSheet(const FilmOptions& options);
absl::StatusOr<std::unique_ptr<Film>> OpenMp4(const FilmOptions& options);
// On standard output.
absl::StatusOr<std::unique_ptr<Film>> OpenAnsi(const FilmOptions& options);

// What OpenAnsi shows of a picture, each line ended: half blocks in colour, two pixels a character,
// or shades of text. At most `columns` wide and, in colour, `lines` high; never larger than the
// picture.
std::string ToHalfBlocks(const Picture& picture, int columns, int lines);
std::string ToShades(const Picture& picture, int columns);

}  // namespace nyala
