// Where does a test's document live? In a directory of its own, with the files that it quotes.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <fstream>
#include <string>

#include "check.hpp"
#include "common/error.hpp"
#include "lab/support/program.hpp"

namespace check_text {

/// A directory that goes away with this object; documents are checked with it as their root.
class Sandbox {
 public:
  Sandbox() {
    std::string name = std::filesystem::temp_directory_path() / "check_text.XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) common::throw_error(errno, "mkdtemp");
    settings.root = name;
    settings.build = BUILD_DIR;
    // A command that ends by itself is waited for; a server that is left running needs 0 here.
    settings.settle = lab::kPatience;
  }
  ~Sandbox() { std::filesystem::remove_all(settings.root); }
  Sandbox(Sandbox&&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(settings.root / name) << text;
  }

  /// Checks a document of this text.
  [[nodiscard]] Report report(const std::string& text) const {
    write("DOCUMENT.md", text);
    return check_document(settings.root / "DOCUMENT.md", settings);
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
};

}  // namespace check_text
