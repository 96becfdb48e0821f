// Where does a test's document live? In a directory of its own, with the files that it quotes.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "check.hpp"
#include "lab/support/program.hpp"
#include "lab/support/temporary_directory.hpp"

namespace check_text {

/// A directory that goes away with this object; documents are checked with it as their root.
class Sandbox {
 public:
  Sandbox() {
    settings.root = directory_.path();
    settings.build = BUILD_DIR;
    // A command that ends by itself is waited for; a server that is left running needs 0 here.
    settings.settle = lab::kPatience;
  }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    return directory_.write(name, text);
  }

  /// Checks a document of this text.
  [[nodiscard]] Report report(const std::string& text) const {
    return check_document(write("DOCUMENT.md", text), settings);
  }

  /// The failures, each "LINE: what", or nothing.
  [[nodiscard]] doctest::String check(const std::string& text) const {
    std::string all;
    for (const Failure& failure : report(text).failures) {
      all += std::to_string(failure.line) + ": " + failure.text + "\n";
    }
    return all.c_str();
  }

  Settings settings;

 private:
  const lab::TemporaryDirectory directory_;
};

}  // namespace check_text
