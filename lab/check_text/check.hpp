// Does all that a document says still hold? Every block and every link is checked, or counted.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "console.hpp"
#include "document.hpp"

namespace check_text {

/// What came of checking a document.
struct Report {
  std::vector<Failure> failures;
  std::size_t blocks = 0;           ///< all of them
  std::size_t skipped = 0;          ///< console blocks that the text says a test cannot run
  std::size_t free = 0;             ///< pictures and sketches: not from a file, not checked
  std::vector<std::string> needed;  ///< which blocks lack a program that they need
  /// Blocks that show strace, and those that come after one under the same heading: not checked
  /// where it cannot be used.
  std::size_t untraced = 0;
  std::string why_no_strace;  ///< if it was needed
};

/// Checks the document at `path`. What a block has to hold depends on its kind:
///
///  - ```diff FILE FILE: a diff that is made again, see `check_diff`
///  - ```console: commands that are run again, see `Section`; `skip=REASON` for one that cannot be;
///    `needs=PROGRAM` for one that is run only where that is installed, and
///    `needs=io_uring` where the kernel makes rings
///  - ```text or ```cpp sketch: free
///  - ```cpp FILE, or any other kind with one file: a quotation, see `check_quotation`
///
/// Anything else is a failure: no block goes unchecked by mistake. With `chapter`, the beginning of
/// a heading of the second level, only that chapter's blocks are checked. Throws std::runtime_error
/// if there is none such.
Report check_document(const std::filesystem::path& path, Settings settings,
                      const std::string& chapter = "");

}  // namespace check_text
