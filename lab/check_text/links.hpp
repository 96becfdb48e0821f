// Do a document's links lead anywhere? Files must exist, and headings that they name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "document.hpp"

namespace check_text {

/// The anchor that GitHub gives a heading: "Try it: `poll`" becomes "try-it-poll".
std::string slug(const std::string& heading);

/// Checks [text](path), [text](#anchor), [text](page.md#anchor), images, and definitions like
/// "[name]: path", but none inside `code`. Paths are relative to the document; links with a scheme,
/// such as https:, are not followed.
std::vector<Failure> check_links(const Document& document, const std::filesystem::path& path);

}  // namespace check_text
