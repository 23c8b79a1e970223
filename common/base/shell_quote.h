// Words of commands that people copy into a shell. Any thread.
#pragma once

#include <string>

namespace nyala {

// `word` as a shell takes it for one argument.
std::string ShellQuote(const std::string& word);

}  // namespace nyala
