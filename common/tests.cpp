// Do the helpers keep the promises that their declarations make?

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>
#include <utility>

#include "common/accept.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/lines.hpp"
#include "common/run_on_threads.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "common/statistics.hpp"
#include "common/testing/peer.hpp"

namespace common {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

/// Two connected stream sockets.
struct SocketPair {
  SocketPair() {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    ours = Fd(ends[0]);
    theirs = Fd(ends[1]);
  }
  Fd ours;
  Fd theirs;
};

/// The text of the std::system_error that `work` throws.
template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "no error";
}

bool readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return check(::poll(&ready, 1, 0), "poll") == 1;
}

TEST_SUITE("fd") {
  TEST_CASE("an Fd closes its descriptor when it is destroyed") {
    int number = -1;
    {
      const Fd fd(::dup(STDIN_FILENO));
      number = fd.get();
      CHECK(is_open(number));
    }
    CHECK(!is_open(number));
  }

  TEST_CASE("a moved-from Fd owns nothing, and moving into one closes what it had") {
    Fd first(::dup(STDIN_FILENO));
    Fd second(::dup(STDIN_FILENO));
    const int kept = first.get();
    const int closed = second.get();
    second = std::move(first);
    CHECK(second.get() == kept);
    CHECK(is_open(kept));
    CHECK(!is_open(closed));
  }
}

TEST_SUITE("error") {
  TEST_CASE("check passes results on and turns -1 into an error that names the call") {
    CHECK(check(7, "call") == 7);
    errno = ENOENT;
    CHECK(error_of([] { check(-1, "open this"); }) == "open this: No such file or directory");
  }

  TEST_CASE("retry calls again after EINTR, and only then") {
    int calls = 0;
    const auto interrupted_twice = [&] {
      errno = EINTR;
      return ++calls < 3 ? -1 : 5;
    };
    CHECK(retry(interrupted_twice) == 5);
    CHECK(calls == 3);
    errno = EBADF;
    CHECK(retry([] { return -1; }) == -1);
  }
}

TEST_SUITE("socket") {
  TEST_CASE("addresses of both families are written with their ports") {
    CHECK(to_string(resolve("127.0.0.1", 8000, Transport::tcp).front()) == "127.0.0.1:8000");
    CHECK(to_string(resolve("::1", 80, Transport::tcp).front()) == "[::1]:80");
  }

  TEST_CASE("a name that does not exist is an error that names it") {
    CHECK(error_of([] {
            resolve("nowhere.invalid", 1, Transport::tcp);
          }).starts_with("resolve nowhere.invalid: "));
  }

  TEST_CASE("a nonblocking connect arrives, and is refused with the address in the error") {
    Fd listener = listen_tcp("127.0.0.1", 0);
    const Address address = local_address(listener.get());
    const auto connect = [&] {
      const Fd socket = start_connect(address);
      while (!finish_connect(socket.get(), address)) std::this_thread::yield();
    };
    CHECK(error_of(connect) == "no error");
    listener.reset();
    CHECK(error_of(connect) == "connect " + to_string(address) + ": Connection refused");
  }

  TEST_CASE("a connect to an address that never answers is neither done nor failed") {
    // A queue of one connection that nobody accepts: the kernel leaves further ones on their way.
    const Fd listener = listen_tcp("127.0.0.1", 0);
    check(::listen(listener.get(), 0), "listen");
    const Address address = local_address(listener.get());
    const Fd fills_the_queue = start_connect(address);
    const Fd waits = start_connect(address);
    CHECK(!finish_connect(waits.get(), address));
  }

  TEST_CASE("a Connector goes on to the next address when one refuses") {
    Fd closed = listen_tcp("127.0.0.1", 0);
    const Address dead = local_address(closed.get());
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const Address alive = local_address(listener.get());
    closed.reset();
    Connector connector({dead, alive});
    while (!connector.finish()) std::this_thread::yield();
    CHECK(to_string(local_address(connector.fd())).starts_with("127.0.0.1:"));
    Connector hopeless({dead, dead});
    const auto connect = [&] {
      while (!hopeless.finish()) std::this_thread::yield();
    };
    CHECK(error_of(connect) == "connect " + to_string(dead) + ": Connection refused");
  }
}

TEST_SUITE("io") {
  TEST_CASE("reading from a nonblocking socket: would block, bytes, end of file") {
    SocketPair pair;
    set_nonblocking(pair.ours.get());
    std::array<char, 8> buffer;
    CHECK(try_read(pair.ours.get(), buffer) == std::nullopt);
    write_all(pair.theirs.get(), std::string_view("abc"));
    CHECK(try_read(pair.ours.get(), buffer) == 3);
    pair.theirs.reset();
    CHECK(try_read(pair.ours.get(), buffer) == 0);
  }

  TEST_CASE("writing to a nonblocking socket: fewer than asked, would block, and an error") {
    SocketPair pair;
    set_nonblocking(pair.ours.get());
    const std::string much(4 * 1024 * 1024, 'x');
    std::size_t taken = 0;
    while (const auto size = try_write(pair.ours.get(), much)) {
      CHECK(*size < much.size());
      taken += *size;
    }
    CHECK(taken > 0);
    pair.theirs.reset();
    const auto old_handler = ::signal(SIGPIPE, SIG_IGN);
    CHECK(error_of([&] { try_write(pair.ours.get(), std::string_view("x")); }) ==
          "write: Broken pipe");
    ::signal(SIGPIPE, old_handler);
  }

  TEST_CASE("accepting from a nonblocking listener: would block, then a nonblocking connection") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    set_nonblocking(listener.get());
    CHECK(!try_accept(listener.get()));
    testing::Peer peer(local_address(listener.get()).port());
    const auto socket = try_accept(listener.get());
    REQUIRE(socket);
    std::array<char, 8> buffer;
    CHECK(try_read(socket->get(), buffer) == std::nullopt);
  }

  TEST_CASE("datagrams keep their bounds and tell their sender, empty and largest ones too") {
    const Fd ours = bind_udp("127.0.0.1", 0);
    const Fd theirs = bind_udp("127.0.0.1", 0);
    std::vector<char> buffer(65'507);
    CHECK(!try_recv_from(ours.get(), buffer));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, buffer.size()}) {
      const std::string bytes = testing::random_bytes(size);
      CHECK(try_send_to(theirs.get(), bytes, local_address(ours.get())));
      const auto datagram = try_recv_from(ours.get(), buffer);
      REQUIRE(datagram);
      CHECK(std::string_view(buffer.data(), datagram->size) == bytes);
      CHECK(to_string(datagram->sender) == to_string(local_address(theirs.get())));
    }
  }
}

TEST_SUITE("shutdown") {
  TEST_CASE("a signal sets the flag and makes the descriptor readable") {
    const Shutdown shutdown;
    CHECK(!shutdown.requested());
    CHECK(!readable(shutdown.fd()));
    ::raise(SIGTERM);
    CHECK(shutdown.requested());
    CHECK(readable(shutdown.fd()));
  }

  TEST_CASE("a request ends an accept that waits, and one that begins to wait later") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const Shutdown shutdown;
    const Shutdown::Interrupt interrupt(listener.get());
    std::jthread stops([&] { shutdown.request(); });
    CHECK(error_of([&] { accept(listener.get()); }) == "accept: Invalid argument");
    CHECK(error_of([&] { accept(listener.get()); }) == "accept: Invalid argument");
  }

  TEST_CASE("a socket whose Interrupt comes after the signal is shut down all the same") {
    SocketPair pair;
    const Shutdown shutdown;
    ::raise(SIGINT);
    const Shutdown::Interrupt interrupt(pair.ours.get());
    std::array<char, 8> buffer;
    CHECK(read_some(pair.ours.get(), buffer) == 0);
  }
}

TEST_SUITE("statistics and accept") {
  TEST_CASE("an open connection is counted as served when it closes, also when it was moved") {
    Statistics statistics;
    {
      Statistics::Open open(statistics);
      const Statistics::Open moved(std::move(open));
      CHECK(statistics.served() == 0);
    }
    CHECK(statistics.served() == 1);
  }

  TEST_CASE("a pause ends when a connection closes") {
    Statistics statistics;
    AcceptPause pause;
    CHECK(!pause.active(statistics));
    pause.begin(std::system_error(EMFILE, std::generic_category(), "accept"), statistics);
    { const Statistics::Open closes_at_once(statistics); }
    CHECK(!pause.active(statistics));
  }

  TEST_CASE("a pause ends after its time when nothing closes") {
    Statistics statistics;
    AcceptPause pause;
    pause.begin(std::system_error(ENFILE, std::generic_category(), "accept"), statistics);
    statistics.wait_for_close(pause.until());
    CHECK(!pause.active(statistics));
  }

  TEST_CASE("an error that is not about resources is no reason to pause") {
    const Statistics statistics;
    AcceptPause pause;
    const std::system_error error(EBADF, std::generic_category(), "accept");
    CHECK(error_of([&] { pause.begin(error, statistics); }) == "accept: Bad file descriptor");
  }

  TEST_CASE("all four shortages are known as such") {
    for (const int code : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
      CHECK(out_of_resources(std::error_code(code, std::generic_category())));
    }
    CHECK(!out_of_resources(std::error_code(EINVAL, std::generic_category())));
  }
}

TEST_SUITE("report") {
  TEST_CASE("an error in one connection's work ends that work and nothing else") {
    CHECK(contain_errors(1, [] { return true; }));
    CHECK(!contain_errors(2, []() -> bool { throw_error(ECONNRESET, "read"); }));
  }

  TEST_CASE("one failing client among many makes the exit status 1, and the others run") {
    Failures failures;
    std::atomic<int> runs = 0;
    run_on_threads(10, failures, [&] {
      if (++runs == 3) throw_error(ECONNREFUSED, "connect");
    });
    CHECK(runs == 10);
    CHECK(failures.exit_status() == 1);
    CHECK(Failures().exit_status() == 0);
  }
}

}  // namespace
}  // namespace common
