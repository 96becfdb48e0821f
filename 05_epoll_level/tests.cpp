// Does chapter 05 keep its promises? The conformance test runs too; here is what is 05's alone.

#include <doctest/doctest.h>

#include "common/testing/conformance.hpp"
#include "common/testing/peer.hpp"
#include "common/testing/server.hpp"

namespace common::testing {

const Chapter chapter{.directory = CHAPTER_DIR};

}  // namespace common::testing
