// Does the queue keep order, bounds and bytes?

#include "common/datagram_queue.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace common {
namespace {

TEST_SUITE("datagram_queue") {
  TEST_CASE("replies leave in the order in which they came, with their bytes and receivers") {
    DatagramQueue queue;
    CHECK(queue.empty());
    queue.push(std::string_view("first"), resolve("127.0.0.1", 1, Transport::udp).front());
    queue.push(std::string_view(), resolve("127.0.0.1", 2, Transport::udp).front());
    CHECK(queue.front().bytes == "first");
    CHECK(queue.front().receiver.port() == 1);
    queue.pop();
    CHECK(queue.front().bytes.empty());
    CHECK(queue.front().receiver.port() == 2);
    queue.pop();
    CHECK(queue.empty());
  }

  TEST_CASE("64 replies fill it, one that leaves makes room, and the peak stays") {
    DatagramQueue queue;
    for (int i = 0; i < 64; ++i) {
      CHECK(!queue.full());
      queue.push(std::string_view("x"), Address());
    }
    CHECK(queue.full());
    queue.pop();
    CHECK(!queue.full());
    while (!queue.empty()) queue.pop();
    CHECK(queue.peak() == 64);
  }
}

}  // namespace
}  // namespace common
