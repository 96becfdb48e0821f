// 06, level, edge and oneshot: how often is the same readiness told?
//
// Three pollers watch a pipe each, one in each way. The same things happen to all three pipes, and
// after each of them every poller is asked once.
//
//   build/06_epoll_edge/poller_triggers   a table: a line for what happened, a column for each way

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string_view>

#include "common/cli.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/io.hpp"
#include "common/poller/poller.hpp"

namespace {

/// A pipe, and a poller that watches its end for reading.
class Trial {
 public:
  explicit Trial(common::PollOpt opt) : opt_(opt) {
    int ends[2];
    common::check(::pipe2(ends, O_CLOEXEC), "pipe2");
    reader_ = common::Fd(ends[0]);
    writer_ = common::Fd(ends[1]);
    poller_.add(ends[0], common::Token{1}, common::ReadySet::readable(), opt_);
  }

  void byte_arrives() const { common::write_all(writer_.get(), std::string_view("x")); }

  void one_byte_is_read() const {
    char byte;
    common::read_some(reader_.get(), {&byte, 1});
  }

  void register_again() {
    poller_.modify(reader_.get(), common::Token{1}, common::ReadySet::readable(), opt_);
  }

  /// Looks, without waiting. True if there is an event.
  bool told() { return poller_.wait(events_, common::Duration::zero()) == 1; }

 private:
  const common::PollOpt opt_;
  common::Fd reader_;
  common::Fd writer_;
  common::Poller poller_;
  common::Events events_{2};
};

void run() {
  Trial level(common::PollOpt::level());
  Trial edge(common::PollOpt::edge());
  Trial oneshot(common::PollOpt::oneshot());
  const auto line = [&](const char* what, auto happens) {
    std::printf("%-36s", what);
    for (Trial* trial : {&level, &edge, &oneshot}) {
      std::invoke(happens, *trial);
      std::printf("%9s", trial->told() ? "event" : "-");
    }
    std::printf("\n");
  };
  const auto nothing = [](const Trial&) {};

  std::printf("%-36s%9s%9s%9s\n", "", "level", "edge", "oneshot");
  line("a byte arrives", &Trial::byte_arrives);
  line("nobody reads it", nothing);
  line("another byte arrives", &Trial::byte_arrives);
  line("registered again, nothing was read", &Trial::register_again);
  line("one byte is read, one is left", &Trial::one_byte_is_read);
  line("that one is read", &Trial::one_byte_is_read);
  line("another byte arrives", &Trial::byte_arrives);
}

}  // namespace

int main(int argc, char** argv) {
  common::CommandLine cli("Shows how often level, edge and oneshot tell of the same readiness.",
                          "build/06_epoll_edge/broadcast_server --help");
  return cli.run(argc, argv, [] {
    run();
    return 0;
  });
}
