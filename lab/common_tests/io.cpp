// Are bytes moved, all of them, whatever interrupts?

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/io.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/thread.hpp"
#include "support.hpp"

namespace common {
namespace {

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

  TEST_CASE("signals end no wait and lose no byte: accept, read_some and write_all go on") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    const Address address = local_address(listener.get());
    SocketPair pair;
    std::array<char, 4096> buffer;
    const Interruptions storm;
    {
      lab::Thread late([&] {
        Interruptions::wait_for_some();
        lab::Peer(address.port()).close();
      });
      CHECK(error_of([&] { accept(listener.get()); }) == "no error");
    }
    {
      lab::Thread late([&] {
        Interruptions::wait_for_some();
        write_all(pair.theirs.get(), std::string_view("x"));
      });
      CHECK(error_of([&] { CHECK(read_some(pair.ours.get(), buffer) == 1); }) == "no error");
    }
    const std::string sent = lab::random_bytes(4 * 1024 * 1024);  // more than any socket holds
    std::string received;
    lab::Thread late([&] {
      Interruptions::wait_for_some();
      std::array<char, 4096> bytes;
      CHECK(error_of([&] {
              while (const auto size = read_some(pair.theirs.get(), bytes)) {
                received.append(bytes.data(), size);
              }
            }) == "no error");
    });
    CHECK(error_of([&] { write_all(pair.ours.get(), sent); }) == "no error");
    pair.ours.reset();
    late.join();
    CHECK((received == sent));
  }

  TEST_CASE("accepting from a nonblocking listener: would block, then a nonblocking connection") {
    const Fd listener = listen_tcp("127.0.0.1", 0);
    set_nonblocking(listener.get());
    CHECK(!try_accept(listener.get()));
    lab::Peer peer(local_address(listener.get()).port());
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
      const std::string bytes = lab::random_bytes(size);
      CHECK(try_send_to(theirs.get(), bytes, local_address(ours.get())));
      const auto datagram = try_recv_from(ours.get(), buffer);
      REQUIRE(datagram);
      CHECK(std::string_view(buffer.data(), datagram->size) == bytes);
      CHECK(to_string(datagram->sender) == to_string(local_address(theirs.get())));
    }
  }

  TEST_CASE("an error that an earlier datagram met keeps none from being received or sent") {
    const Fd ours = bind_udp("127.0.0.1", 0);
    const Address nobody = local_address(bind_udp("127.0.0.1", 0).get());
    // Linux tells a UDP socket that nobody was there only while it is connected.
    check(::connect(ours.get(), nobody.data(), nobody.size()), "connect");
    const auto draw_error = [&] {
      CHECK(try_send_to(ours.get(), std::string_view("x"), nobody));
      pollfd told{ours.get(), 0, 0};
      CHECK(::poll(&told, 1, -1) == 1);
      CHECK(told.revents == POLLERR);
    };
    std::array<char, 8> buffer;
    draw_error();
    CHECK(!try_recv_from(ours.get(), buffer));
    draw_error();
    CHECK(try_send_to(ours.get(), std::string_view("x"), nobody));
  }

  TEST_CASE("an error of the datagram itself is thrown, and one of the descriptor too") {
    const Fd ours = bind_udp("127.0.0.1", 0);
    const std::string too_long(65'508, 'x');
    CHECK(error_of([&] { try_send_to(ours.get(), too_long, local_address(ours.get())); }) ==
          "sendto: Message too long");
    std::array<char, 8> buffer;
    CHECK(error_of([&] { try_recv_from(-1, buffer); }) == "recvfrom: Bad file descriptor");
  }
}

}  // namespace
}  // namespace common
