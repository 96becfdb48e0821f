// How does a path stand in a shell's command, whatever is in its name? In quotes.
#pragma once

#include <string>

namespace lab {

/// `word` so that the shell makes that of it, blanks and all: 'word'. See sh(1), "Single Quotes".
inline std::string for_shell(const std::string& word) {
  std::string quoted = "'";
  for (const char letter : word) {
    if (letter == '\'') {
      quoted += R"('\'')";
    } else {
      quoted += letter;
    }
  }
  return quoted + "'";
}

}  // namespace lab
