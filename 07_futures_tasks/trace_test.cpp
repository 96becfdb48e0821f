// Can the trace of a real run be relied on? With 0, 1 and 2 workers: see WORKERS in tests.cpp.

#include <signal.h>

#include <string>
#include <vector>

#include "lab/conformance/conformance.hpp"
#include "lab/runtime_tests/trace_support.hpp"
#include "lab/support/peer.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/text.hpp"

namespace lab {
namespace {

using runtime::TraceFile;
using runtime::TraceReader;

std::vector<std::string> client_server(const std::string& trace) {
  return {chapter.program("client_server"), "--port", "0", "--delay", "50ms", "--trace", trace};
}

TEST_CASE("a trace of ten clients and their server: each poll but the first has its reason") {
  const TraceFile file;
  const Result result = run(client_server(file.path()));
  CHECK_MESSAGE(result.status == 0, result.err);
  CHECK(sorted_lines(result.out) == sorted_lines_of(10));
  const TraceReader trace(file.read());
  check_lives(trace);
  REQUIRE(trace.tasks().size() == 22);
  CHECK(count(file.text(), " serve client_server.cpp:") == 10);
  CHECK(count(file.text(), " run_clients one_client.hpp:") == 10);
  for (const runtime::Track& task : trace.tasks()) CHECK(task.results().back() == "ready");
  CHECK(trace.arrows() >= 30);
}

TEST_CASE("a server that is stopped by a signal leaves a trace of everything") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TraceFile file;
    Server server(chapter.program("echo_server"), {"--trace", file.path()});
    Peer peer(server.port());
    CHECK(peer.exchange("x") == "x");
    CHECK(server.stop(signal).status == 0);
    const TraceReader trace(file.read());
    check_lives(trace);
    REQUIRE(trace.tasks().size() == 2);
    CHECK(trace.task(2).results().back() == "aborted");
  }
}

TEST_CASE("a server and a client that are killed leave a whole trace of what was before") {
  const TraceFile servers;
  const TraceFile clients;
  Server server(chapter.program("server"), {"--delay", "60s", "--trace", servers.path()});
  Program client({chapter.program("client"), "--port", std::to_string(server.port()), "--clients",
                  "2", "--trace", clients.path()});
  client.wait_for_output("start 2");
  client.signal(SIGINT);
  CHECK(client.wait().signal == SIGINT);
  server.stop(SIGKILL);
  CHECK(clients.read().at("traceEvents").size() > 10);
  CHECK(servers.read().at("traceEvents").size() > 10);
}

TEST_CASE("a trace that cannot be written is one line on standard error, and exit status 1") {
  const Result nowhere = run(client_server("/nowhere/t.json"));
  CHECK(nowhere.status == 1);
  CHECK(nowhere.err == "open /nowhere/t.json: No such file or directory\n");
  const Result full = run(client_server("/dev/full"));
  CHECK(full.status == 1);
  CHECK(full.err.ends_with("\nwrite /dev/full: No space left on device\n"));
  CHECK(sorted_lines(full.out) == sorted_lines_of(10));
}

}  // namespace
}  // namespace lab
