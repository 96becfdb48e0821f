// Does accepting rest when something has run out, and go on when it can?

#include <doctest/doctest.h>

#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

#include "common/accept_pause.hpp"
#include "common/io.hpp"
#include "common/nonblocking_acceptor.hpp"
#include "common/shutdown.hpp"
#include "common/statistics.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/thread.hpp"
#include "support.hpp"

namespace common {
namespace {

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

  TEST_CASE("a pause lasts") {
    const Statistics statistics;
    AcceptPause pause;
    const auto before = Clock::now();
    pause.begin(std::system_error(EMFILE, std::generic_category(), "accept"), statistics);
    CHECK(pause.until() >= before + kAcceptPause);
  }

  TEST_CASE("a close wakes who waits for one, without a time limit too") {
    Statistics statistics;
    const lab::Thread closes([&](const lab::Thread::Stop& stop) {
      while (!stop) const Statistics::Open open(statistics);
    });
    statistics.wait_for_close(Clock::time_point::max());
    CHECK(statistics.served() > 0);
  }

  TEST_CASE("a NonblockingAcceptor takes what waits, numbered from 1, so many in a turn") {
    const Shutdown shutdown;
    Statistics statistics;
    NonblockingAcceptor acceptor(any_port(), shutdown, statistics);
    const std::uint16_t port = local_address(acceptor.fd()).port();
    std::vector<std::uint64_t> numbers;
    const auto take = [&](const Fd&, std::uint64_t number) { numbers.push_back(number); };
    CHECK(acceptor.accept_pending(take));
    CHECK(numbers.empty());
    std::vector<lab::Peer> peers;
    for (int i = 0; i <= kAcceptsPerTurn; ++i) peers.emplace_back(port);
    CHECK(!acceptor.accept_pending(take));
    CHECK(numbers.size() == kAcceptsPerTurn);
    CHECK(acceptor.accept_pending(take));
    CHECK(numbers.size() == kAcceptsPerTurn + 1);
    CHECK(numbers.front() == 1);
    CHECK(numbers.back() == kAcceptsPerTurn + 1);
    shutdown.request();
    CHECK(!acceptor.open());
  }

  TEST_CASE("what `take` throws costs its connection, and neither the others nor a rest") {
    const Shutdown shutdown;
    Statistics statistics;
    NonblockingAcceptor acceptor(any_port(), shutdown, statistics);
    const std::uint16_t port = local_address(acceptor.fd()).port();
    const lab::Peer first(port);
    const lab::Peer second(port);
    std::vector<std::uint64_t> numbers;
    CHECK(acceptor.accept_pending([&](const Fd&, std::uint64_t number) {
      numbers.push_back(number);
      if (number == 1) throw std::system_error(EMFILE, std::generic_category(), "take");
    }));
    CHECK((numbers == std::vector<std::uint64_t>{1, 2}));
    CHECK(!acceptor.resting());
  }

  TEST_CASE("a NonblockingAcceptor takes no more connections than --connections allows") {
    const Shutdown shutdown;
    Statistics statistics;
    ServerOptions options = any_port();
    options.connections = 2;
    NonblockingAcceptor acceptor(options, shutdown, statistics);
    std::vector<lab::Peer> peers;
    for (int i = 0; i < 3; ++i) peers.emplace_back(local_address(acceptor.fd()).port());
    int taken = 0;
    CHECK(!acceptor.accept_pending([&](const Fd&, std::uint64_t) { ++taken; }));
    CHECK(taken == 2);
    CHECK(!acceptor.accepting());
    CHECK(acceptor.rest_ends() == Clock::time_point::max());
  }

  TEST_CASE("while it rests, a NonblockingAcceptor does not wait for connections, and has an end") {
    const Shutdown shutdown;
    Statistics statistics;
    NonblockingAcceptor acceptor(any_port(), shutdown, statistics);
    CHECK(acceptor.accepting());
    CHECK(acceptor.rest_ends() == Clock::time_point::max());
    const lab::Peer peer(local_address(acceptor.fd()).port());
    const auto before = Clock::now();
    {
      const NoDescriptors shortage;
      CHECK(!acceptor.accept_pending([](const Fd&, std::uint64_t) {}));
    }
    const auto end = acceptor.rest_ends();
    if (Clock::now() < before + kAcceptPause) {  // on a very slow machine it is over already
      CHECK(!acceptor.accepting());
      CHECK(end < Clock::time_point::max());
    }
    { const Statistics::Open closes_at_once(statistics); }
    CHECK(acceptor.accepting());
  }

  TEST_CASE("without a descriptor a NonblockingAcceptor rests, and does not say that none waits") {
    const Shutdown shutdown;
    Statistics statistics;
    NonblockingAcceptor acceptor(any_port(), shutdown, statistics);
    const lab::Peer peer(local_address(acceptor.fd()).port());
    int taken = 0;
    const auto take = [&](const Fd&, std::uint64_t) { ++taken; };
    {
      const NoDescriptors shortage;
      CHECK(!acceptor.accept_pending(take));
    }
    CHECK(taken == 0);
    { const Statistics::Open closes_at_once(statistics); }
    CHECK(!acceptor.resting());
    CHECK(acceptor.accept_pending(take));
    CHECK(taken == 1);
  }

  TEST_CASE("all four shortages are known as such") {
    for (const int code : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
      CHECK(out_of_resources(std::error_code(code, std::generic_category())));
    }
    CHECK(!out_of_resources(std::error_code(EINVAL, std::generic_category())));
  }
}

}  // namespace
}  // namespace common
