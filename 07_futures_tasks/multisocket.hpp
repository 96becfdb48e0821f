// What do the three multisocket programs share? Ten sockets, what is done with one of them, and a
// count of polls.
#pragma once

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/cli.hpp"
#include "common/io.hpp"
#include "common/report.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "runtime/runtime.hpp"
#include "runtime_flags.hpp"

inline constexpr std::uint16_t kSockets = 10;

/// What happened. It lives in `main`, which stays until all tasks have ended; they may be on
/// several threads.
struct Counts {
  explicit Counts(std::uint64_t most) : limit(most) {}

  const std::uint64_t limit;  // of datagrams
  std::atomic<std::uint64_t> datagrams = 0;
  std::atomic<std::uint64_t> polls = 0;
  runtime::Notify enough;  // notified when the limit is reached
};

/// A future that counts how often it is polled.
template <runtime::Future F>
class Counted {
 public:
  using Output = runtime::OutputOf<F>;

  Counted(F future, Counts& counts) : future_(std::move(future)), counts_(&counts) {}

  runtime::Poll<Output> poll(runtime::Context& context) {
    ++counts_->polls;
    return future_.poll(context);
  }

 private:
  F future_;
  Counts* counts_;
};

/// Prints a line for each datagram that comes to `socket`, for ever.
inline runtime::Async<> print_datagrams(runtime::UdpSocket socket, Counts& counts) {
  const std::uint16_t port = socket.port();
  const auto buffer = std::make_unique<std::array<char, common::kLongestDatagram>>();
  for (;;) {
    const common::Datagram datagram = co_await socket.receive_from(*buffer);
    common::write_all(STDOUT_FILENO, "port " + std::to_string(port) + ": " +
                                         std::to_string(datagram.size) + " bytes from " +
                                         to_string(datagram.sender) + "\n");
    if (++counts.datagrams == counts.limit) counts.enough.notify_one();
  }
}

using OneSocket = Counted<runtime::Async<>>;

/// Binds ten sockets to ports in a row, the first of them `options.port`, or where ten are free.
inline std::vector<runtime::UdpSocket> bind_in_a_row(const common::ServerOptions& options) {
  if (options.port > UINT16_MAX - (kSockets - 1)) {
    throw std::runtime_error("ten ports from " + std::to_string(options.port) + " on: too high");
  }
  constexpr int kTries = 100;
  for (int i = 1;; ++i) {
    try {
      std::vector<runtime::UdpSocket> sockets;
      sockets.push_back(runtime::UdpSocket::bind(options.host, options.port));
      while (sockets.size() < kSockets) {
        const auto next = static_cast<std::uint16_t>(sockets.back().port() + 1);
        if (next == 0) throw std::runtime_error("there is no port after 65535");
        sockets.push_back(runtime::UdpSocket::bind(options.host, next));
      }
      return sockets;
    } catch (const std::exception&) {
      // With --port 0 the system picks the first; that the others are free is chance.
      if (options.port != 0 || i == kTries) throw;
    }
  }
}

/// What is done with each of the ten sockets, as futures that wait to be polled. Says "listening on
/// 127.0.0.1:2000-2009" on standard error.
inline std::vector<OneSocket> ten_sockets(const common::ServerOptions& options, Counts& counts) {
  std::vector<runtime::UdpSocket> sockets = bind_in_a_row(options);
  const std::string first = to_string(common::local_address(sockets.front().fd()));
  common::print_line("listening on " + first + "-" + std::to_string(sockets.back().port()));
  std::vector<OneSocket> futures;
  for (auto& socket : sockets) {
    futures.emplace_back(print_datagrams(std::move(socket), counts), counts);
  }
  return futures;
}

/// A multisocket program: `main` but for how the ten are waited for, which is `serve`.
template <class Serve>
int multisocket_main(int argc, char** argv, const char* shows, const char* try_next, Serve serve) {
  common::ServerOptions options;
  options.port = 2000;
  runtime::Options runtime_options;
  common::CommandLine cli(shows, try_next);
  cli.add_endpoint(options);
  cli.add_connections(options.connections);
  add_runtime_flags(cli, runtime_options);
  return cli.run(argc, argv, [&] {
    const common::Shutdown shutdown;
    runtime::CtrlC stop(shutdown);
    Counts counts(options.connections);
    runtime::block_on(serve(ten_sockets(options, counts), counts, stop), runtime_options);
    common::print_line("datagrams=" + std::to_string(counts.datagrams) +
                       " polls=" + std::to_string(counts.polls));
    return 0;
  });
}
