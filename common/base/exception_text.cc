#include "common/base/exception_text.h"

#include <exception>

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace nyala {

std::string OneLine(absl::string_view text) {
  return absl::StrReplaceAll(absl::StripTrailingAsciiWhitespace(text), {{"\r", ""}, {"\n", " | "}});
}

std::string ExceptionText() {
  try {
    throw;
  } catch (const std::exception& error) {
    return OneLine(error.what());
  } catch (const char* text) {
    return OneLine(text);
  } catch (const std::string& text) {
    return OneLine(text);
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

std::string ExceptionHeadline() {
  try {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
  } catch (...) {
    return ExceptionText();
  }
}

}  // namespace nyala
