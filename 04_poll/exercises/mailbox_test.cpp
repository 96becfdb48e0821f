#include <doctest/doctest.h>
#include <poll.h>

#include <array>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "lab/support/thread.hpp"
#include "lab/support/watchdog.hpp"
#include "mailbox.hpp"

namespace {

/// What poll says now, without waiting.
bool readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  common::check(common::retry([&] { return ::poll(&wait, 1, 0); }), "poll");
  return wait.revents != 0;
}

}  // namespace

TEST_CASE("a job wakes the loop, is done once, and then the loop may sleep again") {
  const lab::Watchdog watchdog;
  Mailbox mailbox;
  int done = 0;
  CHECK(!readable(mailbox.fd()));
  mailbox.post([&] { ++done; });
  CHECK(readable(mailbox.fd()));
  CHECK(done == 0);  // it is for the loop to do
  mailbox.run();
  CHECK(!readable(mailbox.fd()));
  CHECK_NOTHROW(mailbox.run());  // nothing to do
  CHECK(done == 1);
}

TEST_CASE("a job that is posted by a job is not forgotten") {
  const lab::Watchdog watchdog;
  Mailbox mailbox;
  int done = 0;
  mailbox.post([&] {
    // The same as another thread that posts while this job is being done.
    mailbox.post([&] { ++done; });
  });
  mailbox.run();
  CHECK(done == 0);
  REQUIRE(readable(mailbox.fd()));  // or the loop would sleep now, for ever
  mailbox.run();
  CHECK(done == 1);
  CHECK(!readable(mailbox.fd()));
}

TEST_CASE("all jobs that wait are done in one run, in order, and cost one write") {
  const lab::Watchdog watchdog;
  Mailbox mailbox;
  for (int round = 0; round < 2; ++round) {
    std::vector<int> done;
    for (int i = 0; i < 10; ++i) mailbox.post([&done, i] { done.push_back(i); });
    mailbox.run();
    CHECK((done == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  }
  for (int i = 0; i < 10; ++i) mailbox.post([] {});
  eventfd_t count = 0;
  REQUIRE(::eventfd_read(mailbox.fd(), &count) == 0);
  CHECK(count == 1);
}

TEST_CASE("of two threads that post while the loop sleeps, wakes and works, no job is lost") {
  constexpr int kJobs = 20'000;
  const lab::Watchdog watchdog;
  Mailbox mailbox;
  const common::Fd all_posted(common::check(::eventfd(0, EFD_CLOEXEC), "eventfd"));
  int done = 0;  // not atomic: all jobs are done by one thread, and tsan looks
  lab::Thread poster([&] {
    const auto post_half = [&] {
      for (int i = 0; i < kJobs / 2; ++i) {
        mailbox.post([&] { ++done; });
        if (i % 10 == 0) std::this_thread::yield();  // or the loop finds them all at once
      }
    };
    lab::Thread other(post_half);
    post_half();
    other.join();
    ::eventfd_write(all_posted.get(), 1);
  });
  // It sleeps without a limit: if a wake-up is lost, the posters' end wakes it.
  std::array<pollfd, 2> waits{{{mailbox.fd(), POLLIN, 0}, {all_posted.get(), POLLIN, 0}}};
  for (;;) {
    common::check(common::retry([&] { return ::poll(waits.data(), waits.size(), -1); }), "poll");
    if (waits[0].revents != 0) {
      mailbox.run();
    } else if (waits[1].revents != 0) {
      break;
    }
  }
  CHECK(done == kJobs);
}
