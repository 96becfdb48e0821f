// What does the command line make of any host, port and time? It takes what is right, and says in
// one line what is not. An address in numbers that it takes, and prints, is the same one again.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/socket.hpp"
#include "input.hpp"

namespace {

using common::Address;

/// What a stream gets while this lives.
class Capture {
 public:
  explicit Capture(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
  ~Capture() { stream_.rdbuf(before_); }
  Capture(Capture&&) = delete;

  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::ostream& stream_;
  std::streambuf* before_;
};

/// What a program gets of a text: all before the first zero.
std::string c_string(const std::string& text) {
  return text.c_str();
}

std::ptrdiff_t feeds(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

bool same(const Address& one, const Address& other) {
  return one.size() == other.size() &&
         std::equal(reinterpret_cast<const char*>(one.data()),
                    reinterpret_cast<const char*>(one.data()) + one.size(),
                    reinterpret_cast<const char*>(other.data()));
}

/// "[::1]:8000" without the port and the brackets.
std::string host_of(const std::string& printed) {
  const std::string host = printed.substr(0, printed.rfind(':'));
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

void check_address(const std::string& host, std::uint16_t port) {
  const auto numbers = [](const std::string& text, std::uint16_t number) {
    return common::resolve(text, number, common::Transport::tcp, common::Lookup::none);
  };
  for (const Address& address : numbers(host, port)) {
    fuzz::require(address.port() == port, "an address has another port");
    const auto again = numbers(host_of(common::to_string(address)), port);
    fuzz::require(again.size() == 1 && same(address, again.front()),
                  "an address that is printed is not the same again");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string host = c_string(input.text());
  // A flag with nothing behind its "=" takes the next word: that is CLI11's way.
  std::vector<std::string> words = {"program"};
  if (!host.empty()) words.push_back("--host=" + host);
  for (const char* const begin : {"--port=", "--delay=", ""}) {
    const std::string value = c_string(input.text());
    if (!value.empty()) words.push_back(begin + value);
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  common::ServerOptions options;
  common::CommandLine cli("A program.", "program");
  cli.add_endpoint(options);
  cli.add_delay(options.delay);
  bool ran = false;
  int status = 0;
  const Capture out(std::cout);
  const Capture err(std::cerr);
  status = cli.run(static_cast<int>(words.size()), argv.data(), [&] { return ran = true, 0; });

  std::ptrdiff_t given = 0;
  for (const std::string& text : words) given += feeds(text);
  if (ran) {
    fuzz::require(status == 0 && err.text().empty(), "an error, and yet it ran");
    fuzz::require(host.empty() || options.host == host, "another host");
    fuzz::require(
        options.delay >= common::Duration::zero() && options.delay <= std::chrono::hours(24),
        "a delay out of bounds");
    check_address(options.host, options.port);
  } else if (status != 0) {
    fuzz::require(err.text().ends_with('\n') && feeds(err.text()) <= 1 + given,
                  "an error that is not one line");
  } else {
    fuzz::require(!out.text().empty(), "neither help nor an error");
  }
  return 0;
}
