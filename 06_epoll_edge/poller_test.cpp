// Do the studies of the poller show what they say?

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "lab/conformance/conformance.hpp"
#include "lab/support/call_trace.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {
namespace {

/// A socket that sends datagrams to `port` on 127.0.0.1.
struct Sender {
  explicit Sender(std::uint16_t port)
      : to(common::resolve("127.0.0.1", port, common::Transport::udp).front()) {}

  void send(const std::string& text) const { CHECK(common::try_send_to(socket.get(), text, to)); }
  std::string address() const { return to_string(common::local_address(socket.get())); }

  common::Address to;
  common::Fd socket = common::bind_udp("127.0.0.1", 0);
};

TEST_CASE("poller_empty takes no CPU time, and SIGINT ends it") {
  Program program({chapter.program("poller_empty")});
  wait_until([&] { return open_files(program.pid()) == 5; }, "it has its two descriptors");
  CHECK(idle_load(program.pid()) < 0.1);
  program.signal(SIGINT);
  CHECK(program.wait().signal == SIGINT);
}

TEST_CASE("poller_mixed prints datagrams and ticks, and ends with status 0") {
  Server server(chapter.program("poller_mixed"), {"--delay", "10ms"});
  server.program().wait_for_output("timer 3");
  const Sender sender(server.port());
  sender.send("hello\n");
  CHECK(server.program().wait_for_output("datagram") ==
        "datagram of 6 bytes from " + sender.address());
  const std::size_t ticks = count(server.program().out(), "timer ");
  server.program().wait_for_output("timer " + std::to_string(ticks + 3));
  CHECK(idle_load(server.pid()) < 0.5);
  const Result result = server.stop();
  CHECK_MESSAGE(result.status == 0, result.err);
}

TEST_CASE("poller_mixed receives each of a hundred datagrams that come at once, an empty one too") {
  Server server(chapter.program("poller_mixed"), {"--delay", "24s"});
  const Sender sender(server.port());
  stop_for_now(server);
  for (std::size_t i = 0; i < 100; ++i) sender.send(std::string(i, 'x'));
  server.program().signal(SIGCONT);
  for (std::size_t i = 0; i < 100; ++i) {
    const std::string line = "datagram of " + std::to_string(i) + " bytes from ";
    CHECK(server.program().wait_for_output(line) == line + sender.address());
  }
}

TEST_CASE("poller_mixed stops at once although the next tick is a day away") {
  Server server(chapter.program("poller_mixed"), {"--delay", "86400s"});
  CHECK(server.stop(SIGINT).status == 0);
}

TEST_CASE("poller_mixed stops also when its timer's thread takes the signal") {
  Server server(chapter.program("poller_mixed"), {"--delay", "86400s"});
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/task")) {
    const pid_t thread = std::stoi(task.path().filename());
    if (thread == server.pid()) continue;  // the one that waits: a signal would end its wait
    common::check(::syscall(SYS_tgkill, server.pid(), thread, SIGTERM), "tgkill");
  }
  CHECK(server.program().wait().status == 0);
}

TEST_CASE("poller_mixed says what --delay means here, and its defaults") {
  const Result result = run({chapter.program("poller_mixed"), "--help"});
  CHECK(count(about_flag(result.out, "--port"), "2000") == 1);
  CHECK(count(about_flag(result.out, "--delay"), "3s") == 1);
  CHECK(count(about_flag(result.out, "--delay"), "from tick to tick") == 1);
}

TEST_CASE("poller_mixed without its port is one line and status 1") {
  const common::Fd taken = common::bind_udp("127.0.0.1", 0);
  const std::string port = std::to_string(common::local_address(taken.get()).port());
  const Result result = run({chapter.program("poller_mixed"), "--port", port});
  CHECK(result.status == 1);
  CHECK(result.err == "bind 127.0.0.1:" + port +
                          ": Address already in use (by an earlier server? ss -ltunp 'sport = :" +
                          port + "' tells)\n");
}

TEST_CASE("poller_pipe counts no write while nobody waits, and one for a sleep") {
  const Result result = run({chapter.program("poller_pipe")});
  CHECK_MESSAGE(result.status == 0, result.err);
  CHECK(result.out ==
        "1000 sets while nobody waited: 0 wake-up writes\n"
        "one wait returned 1 event\n"
        "1000 sets while the poller slept: 1 wake-up write\n");
}

TEST_CASE("broken with --always-write, poller_pipe writes for each set") {
  const Result result = run({chapter.program("poller_pipe"), "--always-write"});
  CHECK(result.out ==
        "1000 sets while nobody waited: 1000 wake-up writes\n"
        "one wait returned 1 event\n"
        "1000 sets while the poller slept: 1000 wake-up writes\n");
}

TEST_CASE("a bad flag is an exit status that is not 0") {
  for (const std::string name : {"poller_empty", "poller_mixed", "poller_pipe"}) {
    CAPTURE(name);
    CHECK(run({chapter.program(name), "--no-such-flag"}).status > 0);
  }
}

#if !defined(WITH_ADDRESS_SANITIZER) && !defined(WITH_THREAD_SANITIZER)
// A sanitizer has threads and system calls of its own, and LeakSanitizer cannot be traced.

/// poller_empty as strace sees it.
struct TracedPollerEmpty {
  // As far as any strace comes before the call returns.
  TracedPollerEmpty() { wait_for(kEpollWaitCall + "(3"); }

  std::string trace() const { return strace.err(); }
  void wait_for(const std::string& text, std::size_t times = 1) const {
    wait_until([&] { return count(trace(), text) == times; }, "strace shows " + text);
  }
  /// To poller_empty itself: strace would not pass it on.
  void signal(int number) { common::check(::kill(pid, number), "kill"); }

  // The shell says its process id before it becomes poller_empty.
  Program strace{{"strace", "-e", "trace=/epoll,/eventfd", "sh", "-c", "echo pid $$; exec \"$0\"",
                  chapter.program("poller_empty")}};
  pid_t pid = std::stoi(strace.wait_for_output("pid ").substr(4));
};

TEST_CASE("poller_empty makes four system calls: two descriptors, one added, and one wait") {
  if (!has_strace()) return;
  TracedPollerEmpty empty;
  const std::string trace = empty.trace();
  CAPTURE(trace);
  CHECK(trace.starts_with("epoll_create1(EPOLL_CLOEXEC)"));
  CHECK(count(trace, "\neventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK)") == 1);
  CHECK(count(trace, "\nepoll_ctl(3, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET") == 1);
  CHECK(count(trace, "\n" + kEpollWaitCall + "(3") == 1);
  CHECK(count(trace, "\n") == 3);  // the last call has not returned
  empty.signal(SIGINT);
  CHECK(empty.strace.wait().signal == SIGINT);
}

TEST_CASE("poller_empty that was stopped and continues waits again") {
  if (!has_strace()) return;
  TracedPollerEmpty empty;
  empty.signal(SIGSTOP);
  empty.wait_for("--- stopped by SIGSTOP ---");
  empty.signal(SIGCONT);
  empty.wait_for(kEpollWaitCall + "(", 2);
  empty.signal(SIGINT);
  CHECK(empty.strace.wait().signal == SIGINT);
}

TEST_CASE("the counts of poller_pipe are no lie: strace sees the same writes") {
  if (!has_strace()) return;
  const auto eventfd_writes = [](const std::vector<std::string>& flags) {
    std::vector<std::string> command = {"strace", "-f",          "-y",
                                        "-e",     "trace=write", chapter.program("poller_pipe")};
    command.insert(command.end(), flags.begin(), flags.end());
    const Result result = run(command);
    CHECK(result.status == 0);
    return count(result.err, "<anon_inode:[eventfd]>, \"\\1\\0\\0\\0\\0\\0\\0\\0\", 8");
  };
  CHECK(eventfd_writes({}) == 1);
  CHECK(eventfd_writes({"--always-write"}) == 2000);
}
#endif

TEST_CASE("level is told while it lasts, edge when it comes, oneshot once until the next modify") {
  const Result result = run({chapter.program("poller_triggers")});
  CHECK(result.status == 0);
  CHECK(result.out ==
        "                                        level     edge  oneshot\n"
        "a byte arrives                          event    event    event\n"
        "nobody reads it                         event        -        -\n"
        "another byte arrives                    event    event        -\n"
        "registered again, nothing was read      event    event    event\n"
        "one byte is read, one is left           event        -        -\n"
        "that one is read                            -        -        -\n"
        "another byte arrives                    event    event        -\n");
}

}  // namespace
}  // namespace lab
