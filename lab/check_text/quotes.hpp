// Does a block still say what the source says? A quotation is looked up, a diff is made again.
#pragma once

#include <filesystem>

#include "document.hpp"

namespace check_text {

/// Checks a block such as ```cpp 01_blocking/server.cpp: its lines must be in that file, one after
/// the other. The block may lack some of the file's indentation, as many blanks in every line.
/// A line that is just `// ...` (or `# ...`) separates pieces, which must be there in this order.
/// Throws Wrong, which shows the line where the best match ends.
void check_quotation(const Block& block, const std::filesystem::path& root);

/// Checks a block such as ```diff 01_blocking/server.cpp 02_threads/server.cpp: each of its hunks
/// must be one that `diff -U 1` of the two files makes, in this order; hunks may be left out.
/// Lines that begin with @@ only separate hunks. Attributes: `context=N` for another -U, and
/// `whole`: no hunk may be left out. Throws Wrong.
void check_diff(const Block& block, const std::filesystem::path& root);

}  // namespace check_text
