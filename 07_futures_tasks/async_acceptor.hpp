// Who takes in connections for as long as the server is to have them? This class.
#pragma once

#include <cstdint>
#include <system_error>

#include "common/accept_pause.hpp"
#include "common/cli.hpp"
#include "common/report.hpp"
#include "connection_tasks.hpp"
#include "runtime/runtime.hpp"

/// A listener: made ready, announced, and asked for one connection after another. As
/// common::Acceptor, but nobody's thread waits.
class AsyncAcceptor {
 public:
  /// Listens as `options` say and prints "listening on …" to standard error.
  AsyncAcceptor(const common::ServerOptions& options, runtime::CtrlC& stop,
                ConnectionTasks& connections)
      : limit_(options.connections),
        connections_(connections),
        stop_(stop),
        listener_(runtime::TcpListener::bind(options.host, options.port, options.peer_timeout)) {
    common::announce(listener_.fd());
  }

  /// Waits for the next connection. Returns an empty stream when it is time to stop: a signal came,
  /// or as many connections as `--connections` allows were accepted. Out of descriptors, it pauses.
  runtime::Async<runtime::TcpStream> next() {
    while (number_ < limit_) {
      try {
        auto next_or_stop =
            runtime::poll_fn([this](runtime::Context& context) { return poll_next(context); });
        runtime::TcpStream socket = co_await next_or_stop;
        pause_.accepted();
        if (socket) ++number_;
        co_return socket;
      } catch (const std::system_error& error) {
        pause_.begin(error, connections_.statistics());
      }
      co_await rest();
    }
    co_return runtime::TcpStream();
  }

  /// The port that is really in use, also where `--port 0` asked for a free one.
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

  /// The number of the connection that `next` returned last, counted from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  runtime::Poll<runtime::TcpStream> poll_next(runtime::Context& context) {
    if (stop_.poll(context).is_ready()) return runtime::TcpStream();
    return listener_.poll_accept(context);
  }

  /// Until a connection has closed, or a signal has come, or the pause is over.
  runtime::Async<> rest() {
    auto closed_or_stop = runtime::poll_fn([this](runtime::Context& context) {
      connections_.wake_at_close(context);
      const bool over = !pause_.active(connections_.statistics());
      if (over || stop_.poll(context).is_ready()) return runtime::Poll<void>(runtime::done);
      return runtime::Poll<void>(runtime::pending);
    });
    co_await runtime::timeout(common::kAcceptPause, closed_or_stop);
  }

  const std::uint64_t limit_;
  ConnectionTasks& connections_;
  runtime::CtrlC& stop_;
  runtime::TcpListener listener_;
  common::AcceptPause pause_;
  std::uint64_t number_ = 0;
};
