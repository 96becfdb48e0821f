#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "lab/support/peer.hpp"
#include "outbox.hpp"

TEST_CASE("what a slow reader gets is what was pushed, all of it and in order") {
  int ends[2];
  common::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                "socketpair");
  const common::Fd ours(ends[0]);
  const common::Fd theirs(ends[1]);
  const std::string first = lab::random_bytes(1024 * 1024);
  Outbox outbox;
  outbox.push(first);
  CHECK(!outbox.flush(ours.get()));  // more than any socket holds
  outbox.push("the last words");

  std::string received;
  std::array<char, 1000> buffer;
  while (const auto size = common::try_read(theirs.get(), buffer)) {
    received.append(buffer.data(), *size);
    outbox.flush(ours.get());
  }
  CHECK((received == first + "the last words"));
  CHECK(outbox.flush(ours.get()));
}
