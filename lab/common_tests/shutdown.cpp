// Does a stop reach every style of loop, and leave nothing behind?

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "common/io.hpp"
#include "common/shutdown.hpp"
#include "common/socket.hpp"
#include "lab/support/thread.hpp"
#include "support.hpp"

namespace common {
namespace {

TEST_SUITE("shutdown") {
  TEST_CASE("a signal sets the flag and makes the descriptor readable") {
    const Shutdown shutdown;
    CHECK(!shutdown.requested());
    CHECK(!readable(shutdown.fd()));
    ::raise(SIGTERM);
    CHECK(shutdown.requested());
    CHECK(readable(shutdown.fd()));
  }

  TEST_CASE("a signal that is blocked is unblocked, and one that is ignored stays ignored") {
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    check(::pthread_sigmask(SIG_BLOCK, &term, nullptr), "pthread_sigmask");
    ::signal(SIGINT, SIG_IGN);
    {
      const Shutdown shutdown;
      ::raise(SIGINT);
      CHECK(!shutdown.requested());
      ::raise(SIGTERM);
      CHECK(shutdown.requested());
    }
    CHECK((::signal(SIGINT, SIG_DFL) == SIG_IGN));
  }

  TEST_CASE("a request ends an accept that waits, and one that begins to wait later") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const Shutdown shutdown;
    const Shutdown::Interrupt interrupt(listener.get());
    lab::Thread stops([&] { shutdown.request(); });
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

  TEST_CASE("a signal leaves errno as it was") {
    const Fd not_connected(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const Shutdown shutdown;
    const Shutdown::Interrupt interrupt(not_connected.get());  // to shut it down is ENOTCONN
    errno = 0;
    ::raise(SIGTERM);
    const int after = errno;
    CHECK(after == 0);
  }

  TEST_CASE("no number of requests fills the pipe so that the next one waits") {
    const Shutdown shutdown;
    for (int i = 0; i < 100'000; ++i) shutdown.request();
    CHECK(readable(shutdown.fd()));
  }

  TEST_CASE("a Shutdown forgets the one before, and leaves the signals as they were") {
    { Shutdown().request(); }
    { CHECK(!Shutdown().requested()); }
    for (const int number : {SIGINT, SIGTERM}) {
      struct sigaction action {};
      check(::sigaction(number, nullptr, &action), "sigaction");
      CHECK((action.sa_handler == SIG_DFL));
    }
  }

  TEST_CASE("an Interrupt that has ended makes room for another, and its socket is left alone") {
    SocketPair pair;
    const Shutdown shutdown;
    for (int i = 0; i < 10; ++i) const Shutdown::Interrupt interrupt(pair.ours.get());
    shutdown.request();
    write_all(pair.theirs.get(), std::string_view("x"));
    std::array<char, 8> buffer;
    CHECK(read_some(pair.ours.get(), buffer) == 1);
  }
}

}  // namespace
}  // namespace common
