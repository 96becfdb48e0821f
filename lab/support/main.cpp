// Where is main in a test program? Here. A run that is to have rings ends where there are none.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <string_view>

#include "lab/support/ring.hpp"

int main(int argc, char** argv) {
  const char* const driver = std::getenv("DRIVER");
  const bool on_ring = driver != nullptr && std::string_view(driver) == "io_uring";
  return on_ring && !lab::has_ring() ? 0 : doctest::Context(argc, argv).run();
}
