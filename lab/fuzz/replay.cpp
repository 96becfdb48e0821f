// How are the targets run where there is no libFuzzer? With the inputs that are kept, and with some
// that a fixed seed makes: so that the targets do not rot.
//
//   build/lab/fuzz/echo_04 --runs 2000 lab/fuzz/corpus/echo

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "input.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes now_running;

/// Says which input it was, for xxd -r -p to make a file of. In a handler, so with write alone.
void tell_input(int) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const std::uint8_t byte : now_running) {
    const char hex[] = {kDigits[byte / 16], kDigits[byte % 16]};
    if (::write(STDERR_FILENO, hex, sizeof hex) == -1) return;
  }
  if (::write(STDERR_FILENO, "\n", 1) == -1) return;
}

void run(Bytes bytes) {
  now_running = std::move(bytes);
  LLVMFuzzerTestOneInput(now_running.data(), now_running.size());
}

/// A file, or every file in a directory. Returns how many.
std::size_t run_kept(const std::filesystem::path& path) {
  std::size_t count = 0;
  const auto run_file = [&](const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    run(Bytes(std::istreambuf_iterator<char>(stream), {}));
    ++count;
  };
  if (!is_directory(path)) {
    run_file(path);
  } else {
    for (const auto& entry : std::filesystem::directory_iterator(path)) run_file(entry);
  }
  return count;
}

/// Mostly random bytes, with runs of one byte in between: many calls without an event.
Bytes draw(std::mt19937& random) {
  Bytes bytes;
  for (auto pieces = random() % 16; pieces > 0; --pieces) {
    const bool same = random() % 3 == 0;
    auto byte = static_cast<std::uint8_t>(random());
    for (auto size = random() % 32; size > 0; --size) {
      bytes.push_back(byte);
      if (!same) byte = static_cast<std::uint8_t>(random());
    }
  }
  return bytes;
}

}  // namespace

/// Called in the place of main, which may be that of the program under test: see program.hpp.
extern "C" int __wrap_main(int argc, char** argv) {
  std::uint64_t runs = 1000;
  std::string kept;
  common::CommandLine cli("Runs a fuzz target without libFuzzer.", "cmake --preset fuzz");
  cli.add_count("--runs", "inputs that a fixed seed makes", runs);
  cli.add_word("kept", "an input, or a directory of inputs, to run first", kept);
  return cli.run(argc, argv, [&] {
    if (::signal(SIGABRT, tell_input) == SIG_ERR) common::throw_error(errno, "signal SIGABRT");
    const std::size_t files = kept.empty() ? 0 : run_kept(kept);
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same inputs each time
    for (std::uint64_t i = 0; i < runs; ++i) run(draw(random));
    std::cout << files << " kept and " << runs << " made inputs: nothing is wrong\n";
    return 0;
  });
}
