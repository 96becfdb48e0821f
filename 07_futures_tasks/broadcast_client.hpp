// What does the broadcast server do with one client? It reads what the client says, and writes what
// all say, at the same time.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "common/io.hpp"
#include "runtime/runtime.hpp"

/// How far a client may fall behind: bytes said, and not yet written to its socket.
inline constexpr std::size_t kMostBehind = 1024 * 1024;

/// What was said, in one copy for all.
using Piece = std::shared_ptr<const std::string>;

/// How many bytes wait for a client: more when something is said, fewer when it is written.
struct Backlog {
  std::atomic<std::size_t> bytes = 0;
  runtime::Notify too_long;  // for the client, which may wait for its socket meanwhile
};

/// A client as the room knows it.
struct Member {
  Member(runtime::Sender<Piece> s, std::shared_ptr<Backlog> b)
      : pieces(std::move(s)), backlog(std::move(b)) {}

  runtime::Sender<Piece> pieces;
  std::shared_ptr<Backlog> backlog;
};

/// What the room hears of: somebody joins, or has said something. (Who leaves just stops
/// listening.)
using News = std::variant<Member, Piece>;

/// Tells the room what the client says, until it is gone.
inline runtime::Async<> read_pieces(runtime::TcpStream& socket, runtime::Sender<News> room,
                                    bool& said_all) {
  for (;;) {
    const runtime::Bytes bytes = co_await socket.read_some();
    if (bytes.empty()) break;
    News news(std::make_shared<const std::string>(bytes));
    const auto unsent = co_await room.send(std::move(news));
    if (unsent) co_return;
  }
  said_all = true;
  co_await socket.ended();
}

/// Writes some of `unsent` and returns how much. Throws when the client is too far behind, and
/// takes nothing in its last chance.
inline runtime::Async<std::size_t> write_some(runtime::TcpStream& socket, std::string_view unsent,
                                              Backlog& backlog) {
  auto too_long = backlog.too_long.notified();
  if (backlog.bytes > kMostBehind) {
    const auto size = common::try_write(socket.fd(), unsent);
    if (!size) throw std::runtime_error("dropped: more than 1 MiB behind");
    co_return *size;
  }
  const auto first = co_await runtime::select(socket.write_some(unsent), too_long);
  const std::size_t* size = std::get_if<0>(&first);
  co_return size == nullptr ? 0 : *size;
}

/// Writes what all say, until the room is closed.
inline runtime::Async<> write_pieces(runtime::TcpStream& socket, runtime::Receiver<Piece> pieces,
                                     std::shared_ptr<Backlog> backlog, const bool& said_all) {
  for (;;) {
    const auto piece = co_await pieces.receive();
    if (!piece) co_return;
    std::string_view unsent = **piece;
    while (!unsent.empty()) {
      std::size_t size = 0;
      try {
        size = co_await write_some(socket, unsent, *backlog);
      } catch (const std::system_error&) {
        if (said_all) co_return;  // it has left, which is no news
        throw;
      }
      unsent.remove_prefix(size);
      backlog->bytes -= size;
    }
  }
}

/// One client, from its joining to its end. What either half throws ends both.
inline runtime::Async<> client(runtime::TcpStream socket, runtime::Sender<News> room) {
  // Every piece has a byte at least, so room for values never runs out before `kMostBehind` does.
  auto queue = runtime::mpsc<Piece>(2 * kMostBehind);
  const auto backlog = std::make_shared<Backlog>();
  News joins(Member(std::move(queue.sender), backlog));
  const auto unsent = co_await room.send(std::move(joins));
  if (unsent) co_return;
  bool said_all = false;
  auto reads = read_pieces(socket, std::move(room), said_all);
  auto writes = write_pieces(socket, std::move(queue.receiver), backlog, said_all);
  co_await runtime::select(std::move(reads), std::move(writes));
}
