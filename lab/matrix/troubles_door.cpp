// What if it is no shell that starts a server? Its streams, its signals and its limits may then be
// other than those that a shell gives. All of it is one row, for no chapter's servers differ.

#include "lab/support/door.hpp"
#include "lab/support/temporary_directory.hpp"
#include "troubles.hpp"

namespace matrix {

namespace {

using lab::with_streams;

/// Each of a chapter's servers is started by way of the command `before`, and must serve all the
/// same.
Cell start_each(const Column& column, const std::string& what, const Scene::Flags& before) {
  Cell cell;
  for (const auto& [program, flags] : kServers) {
    if (!exists(column.file(program))) continue;
    Cell one = Scene(column, program, flags, before).judge([](Scene& scene) {
      scene.serve_polite_client();
      scene.expect_rest();
    });
    one.details.insert(one.details.begin(), program + ": " + what + ": " + word_for(one.outcome));
    cell.add(one);
  }
  return cell;
}

/// The second time it must not wait for its client. (One that never rests serves another before.)
Cell stop_twice(const Column& column) {
  Cell cell = Scene(column, "server", {"--delay", "5s"}).judge([](Scene& scene) {
    lab::Peer peer = scene.connect();
    scene.expect(peer.read_line().starts_with("start "), "a client got no start");
    scene.stop_at_once();
  });
  cell.details.insert(cell.details.begin(),
                      std::string("server: SIGTERM twice: ") + word_for(cell.outcome));
  return cell;
}

Cell measure(const Column& column) {
  const lab::FullPipe pipe;
  const lab::TemporaryDirectory directory;
  const std::string log = lab::for_shell(directory.write("log", ""));
  Cell cell = start_each(column, "standard streams closed", with_streams("<&- >&- 2>&-"));
  cell.add(start_each(column, "nobody reads standard error", with_streams("2>" + pipe.path())));
  cell.add(start_each(column, "its log may not grow",
                      {"sh", "-c", "ulimit -f 0; exec \"$@\" 2>" + log, "sh"}));
  cell.add(start_each(column, "its signals are blocked",
                      {"env", "--block-signal=INT", "--block-signal=TERM"}));
  cell.add(stop_twice(column));
  return cell;
}

}  // namespace

std::vector<Trouble> troubles_at_the_door() {
  // Not for a server with nothing around it, which does not even end well.
  const auto unless_bare = [](const Column& column) -> std::optional<Cell> {
    return column.catches_sigterm ? std::optional(measure(column)) : std::nullopt;
  };
  return {{"door", "all: troubles at the door", unless_bare}};
}

}  // namespace matrix
