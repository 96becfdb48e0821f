#include "commands.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <regex>
#include <system_error>
#include <utility>

#include "common/socket.hpp"
#include "lab/support/program.hpp"

namespace check_text {
namespace {

constexpr int kTcp = 8000;
constexpr int kUdp = 2000;

// Where the kernel does not look for a client's port (see ip_local_port_range in ip(7)), and above
// 16384, the size of a buffer: traces are full of it, and it is no port.
constexpr std::uint16_t kLowest = 17000;
constexpr std::uint16_t kHighest = 32000;

/// Ports are taken so many at a time: ten, ten, and one that says that they are taken.
constexpr int kStep = 2 * kPortsInARow + 1;

/// True when ten ports from `tcp` and ten from `udp` on are free, and nobody had claimed them.
bool claim(Ports& ports) {
  try {
    const auto last = static_cast<std::uint16_t>(ports.tcp + kStep - 1);
    ports.claim = common::bind_udp("127.0.0.1", last);
    for (std::uint16_t i = 0; i < kPortsInARow; ++i) {
      common::listen_tcp("127.0.0.1", static_cast<std::uint16_t>(ports.tcp + i));
      common::bind_udp("127.0.0.1", static_cast<std::uint16_t>(ports.udp + i));
    }
    return true;
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::address_in_use) return false;
    throw;
  }
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// The port `from + i` becomes `to + i`; any other number stays.
std::string move_port(const std::string& number, int from, int to) {
  const int offset = std::stoi(number) - from;
  return 0 <= offset && offset < kPortsInARow ? std::to_string(to + offset) : number;
}

/// What is left of a simple command: `text` as far as |, ; or &, but not the & of 2>&1.
std::string rest_of_command(const std::string& text) {
  static const std::regex simple("^(?:>&|&>|[^|;&])*");
  std::smatch match;
  std::regex_search(text, match, simple);
  return match.str();
}

bool is_program(const std::string& path) {
  return std::filesystem::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Ports find_free_ports() {
  std::random_device random;
  std::uniform_int_distribution<int> any(0, (kHighest - kLowest) / kStep - 1);
  for (;;) {
    const auto first = static_cast<std::uint16_t>(kLowest + any(random) * kStep);
    Ports ports{first, static_cast<std::uint16_t>(first + kPortsInARow)};
    if (claim(ports)) return ports;
  }
}

bool is_listening(std::uint16_t port) {
  std::array<char, 64> entry;
  std::snprintf(entry.data(), entry.size(), " 0100007F:%04X 00000000:0000 0A ", port);
  std::ifstream file("/proc/net/tcp");
  for (std::string line; std::getline(file, line);) {
    if (line.find(entry.data()) != std::string::npos) return true;
  }
  return false;
}

Translation::Translation(const std::filesystem::path& build, const std::filesystem::path& scratch,
                         std::chrono::milliseconds delay, Ports ports)
    : build_(build.lexically_normal().string() + "/"),
      real_build_(std::filesystem::weakly_canonical(build).string() + "/"),
      scratch_(scratch.string() + "/"),
      delay_(std::to_string(delay.count()) + "ms"),
      ports_(std::move(ports)) {}

std::string Translation::to_run(const std::string& command) {
  static const std::regex number(R"((--(?!port\b)[a-z-]+[= ])?\b(?:800\d|200\d)\b)");
  static const std::regex path(R"(([\s"'(=;&|<>]|^)build/([\w./-]*))");
  static const std::regex scratch(R"(([\s"'(=;&|<>]|^)/tmp/)");
  const auto moved = replace_each(command, number, [&](const std::smatch& match) {
    if (match[1].matched) return match.str();
    return move_port(move_port(match.str(), kTcp, ports_.tcp), kUdp, ports_.udp);
  });
  const auto ours = replace_each(moved, scratch,
                                 [&](const std::smatch& match) { return match.str(1) + scratch_; });
  return replace_each(ours, path, [&](const std::smatch& match) {
    return match.str(1) + program(match.str(2), rest_of_command(match.suffix()));
  });
}

std::string Translation::to_shown(std::string output) const {
  static const std::regex number(R"(\b\d{5}\b)");
  for (const auto& [run, shown] : shown_) output = replace_all(std::move(output), run, shown);
  output = replace_all(std::move(output), build_, "build/");
  output = replace_all(std::move(output), real_build_, "build/");
  output = replace_all(std::move(output), scratch_, "/tmp/");
  return replace_each(output, number, [&](const std::smatch& match) {
    return move_port(move_port(match.str(), ports_.tcp, kTcp), ports_.udp, kUdp);
  });
}

/// `path`, below build/, as it is to be run with `arguments` after it.
std::string Translation::program(const std::string& path, const std::string& arguments) {
  static const std::regex ours(R"(\d\d_\w+/.*)");
  const std::filesystem::path place = build_ + path;
  const std::string twin = place.parent_path() / "with_flags" / place.filename();
  const std::string real = is_program(twin) ? twin : place.string();
  if (!std::regex_match(path, ours) || !is_program(real)) return real;
  const std::string& flags = help(real);
  const auto lacks = [&](const std::string& flag) {
    return flags.find(flag) != std::string::npos && arguments.find(flag) == std::string::npos;
  };
  std::string run = real;
  if (lacks("--port")) {
    const bool udp = flags.find(std::to_string(kUdp)) != std::string::npos;  // its default
    run += " --port " + std::to_string(udp ? ports_.udp : ports_.tcp);
  }
  if (real != twin && lacks("--delay")) run += " --delay " + delay_;
  if (run != real) shown_[run] = "build/" + path;
  return run;
}

const std::string& Translation::help(const std::string& path) {
  const auto [entry, is_new] = help_.try_emplace(path);
  if (is_new) entry->second = lab::run({path, "--help"}).out;
  return entry->second;
}

}  // namespace check_text
