// How does libFuzzer get to drive a program that has a main of its own? The linker calls ours
// instead
// (`--wrap=main`), and libFuzzer comes without its own: see "Using libFuzzer as a library" in its
// manual.

#include <cstddef>
#include <cstdint>

#include "input.hpp"

extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv,
                                   int (*target)(const std::uint8_t* bytes, std::size_t size));

extern "C" int __wrap_main(int argc, char** argv) {
  return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}
