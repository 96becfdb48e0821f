#include <doctest/doctest.h>
#include <poll.h>

#include <string_view>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "goodbye.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/thread.hpp"

TEST_CASE("a client that was talking when the server said goodbye gets all that was sent") {
  const common::Fd listener = common::listen_tcp("127.0.0.1", 0);
  lab::Peer client(common::local_address(listener.get()).port());
  lab::Thread server([&] {
    const common::Fd socket = common::accept(listener.get());
    pollfd something_came{socket.get(), POLLIN, 0};
    common::check(::poll(&something_came, 1, -1), "poll");
    common::write_all(socket.get(), std::string_view("end 1\n"));
    say_goodbye(socket);
  });
  client.send("are you there?\n");
  CHECK(client.read_line() == "end 1");
  // The server has finished: end of file comes, although this client has not.
  CHECK_NOTHROW(client.read_all());
  // It still reads. After a reset, all of these are errors.
  CHECK_NOTHROW(client.send(lab::random_bytes(1024 * 1024)));
  CHECK_NOTHROW(client.half_close());
  CHECK_NOTHROW(client.read_all());
}
