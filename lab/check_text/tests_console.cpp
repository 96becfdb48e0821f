// What makes a terminal session fail? And what must not, however programs and readers behave?

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/fd.hpp"
#include "common/io.hpp"
#include "lab/support/shell.hpp"
#include "sandbox.hpp"

using check_text::Sandbox;
using doctest::Contains;

TEST_CASE_FIXTURE(Sandbox, "a session that goes as shown passes") {
  CHECK(check("```console\n$ echo one; echo two >&2\none\ntwo\n$ false\n$ echo $?\n1\n```\n") ==
        "");
}

TEST_CASE_FIXTURE(Sandbox, "a changed line of output is found") {
  CHECK(check("Text.\n```console\n$ echo one\n1\n$ echo two\ntwo\n```\n") ==
        Contains("2: \"echo one\" prints something else\n"
                 "  expected:\n    1\n  actual:\n    one\n"));
}

TEST_CASE_FIXTURE(Sandbox, "a line that does not come is found") {
  CHECK(check("```console\n$ echo one\none\ntwo\n```\n") != "");
  CHECK(check("```console\n$ true\none\n```\n") != "");
}

TEST_CASE_FIXTURE(Sandbox, "a line too many is found, before another command and at the end") {
  CHECK(check("```console\n$ printf 'one\\ntwo\\n'\none\n$ true\n```\n") != "");
  CHECK(check("```console\n$ printf 'one\\ntwo\\n'\none\n```\n") != "");
  CHECK(check("```console\n$ printf one\n```\n# Next\n") != "");
}

TEST_CASE_FIXTURE(Sandbox, "a line too many is found while the program still runs") {
  CHECK(check("```console\n$ echo one; echo two; sleep 1000\none\n```\n") ==
        Contains("has printed something else before the next heading"));
}

TEST_CASE_FIXTURE(Sandbox, "a wrong line is found while the program still runs") {
  CHECK(check("```console\n$ echo one; sleep 1000\ntwo\n```\n") ==
        Contains("1: \"echo one; sleep 1000\" prints something else"));
}

TEST_CASE_FIXTURE(Sandbox, "a command that hangs is given up when its time is over") {
  settings.limit = std::chrono::milliseconds(50);
  CHECK(check("```console\n$ sleep 1000\n$ echo\n\n```\n") ==
        Contains("1: \"sleep 1000\" has not come to this, or to its end, in time"));
  CHECK(check("```console\n$ sleep 1000\nawake\n```\n") == Contains("in time"));
}

TEST_CASE_FIXTURE(Sandbox, "a gap stands for any number of lines") {
  CHECK(check("```console\n$ seq 9\n1\n...\n8\n9\n```\n") == "");
  CHECK(check("```console\n$ seq 3\n1\n2\n...\n3\n...\n```\n") == "");
  CHECK(check("```console\n$ seq 9\n...\n8\n```\n") != "");
  CHECK(check("```console\n$ seq 9\n1\n...\n5\n...\n4\n...\n```\n") != "");
  CHECK(check("```console\n$ seq 3\n1\n...\n2\n3\n...\n3\n```\n") != "");
  CHECK(check("```console\n$ printf '1\\n2\\n1\\n'\n...\n1\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "the order of lines counts, unless the block says that it does not") {
  CHECK(check("```console\n$ printf '2\\n1\\n'\n1\n2\n```\n") != "");
  CHECK(check("```console unordered\n$ printf '2\\n1\\n'\n1\n2\n```\n") == "");
  CHECK(check("```console unordered\n$ printf '2\\n1\\n2\\n'\n1\n2\n```\n") != "");
  CHECK(check("```console unordered\n$ printf '2\\n1\\n'\n1\n1\n2\n```\n") != "");
  CHECK(check("```console unordered\n$ seq 9\n8\n...\n2\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "times and process ids do not count") {
  CHECK(check("```console\n$ time sleep 0.001\n\nreal\t0m9.000s\nuser\t0m0.000s\nsys 0m0.000s\n"
              "$ sleep 1000 &\n[1] 99\n$ kill %1; wait\n[1]+  Terminated   sleep 1000\n```\n") ==
        "");
}

TEST_CASE_FIXTURE(Sandbox, "colours do not count") {
  CHECK(check("```console\n$ printf '\\e[0;31mred\\e[0m\\n'\nred\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "a command goes on in the next line after a backslash") {
  CHECK(check("```console\n$ echo one \\\n  two\none two\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "a terminal keeps its state, until the next heading") {
  CHECK(check("```console\n$ x=1; cd /\n```\nText.\n```console\n$ echo $x; pwd\n1\n/\n```\n") ==
        "");
  CHECK(check("```console\n$ x=1\n```\n```console terminal=2\n$ echo $x\n\n```\n") == "");
  CHECK(check("```console\n$ x=1\n```\n# Next\n```console\n$ echo $x\n\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox,
                  "^C comes when a program waits for something, and not at its beginning") {
  write("slow",
        "echo ready; i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done\n"
        "trap 'echo caught; exit' INT; echo waits > waits; read -r line\n");
  CHECK(check("```console\n$ sh slow\nready\n^C\ncaught\n$ cat waits\nwaits\n```\n") == "");
}

TEST_CASE_FIXTURE(
    Sandbox,
    "what a command that says nothing does at its beginning, it has done for those below") {
  settings.settle = {};  // it runs on
  write("slow",
        "i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done; echo done > said; sleep 1000\n");
  CHECK(check("```console\n$ sh slow\n```\n```console terminal=2\n$ cat said\ndone\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "^C ends the program in the foreground") {
  CHECK(check("```console\n$ sleep 1000\n^C\n$ echo $?\n130\n```\n") == "");
  CHECK(check("```console\n$ sleep 1000\n```\n```console\n^C\n$ echo $?\n130\n```\n") == "");
  CHECK(check("```console\n$ true\n$\n^C\n```\n") == Contains("nothing runs"));
}

TEST_CASE_FIXTURE(Sandbox, "a program's later lines are shown by a later block") {
  const std::string begin =
      "```console\n$ build/01_blocking/server\nlistening on 127.0.0.1:8000\n```\n";
  CHECK(check(begin + "```console\n^C\nserved=0 peak=0 wall=0s cpu=0s\n```\n") == "");
  CHECK(check(begin + "```console\n^C\nserved=1 peak=0 wall=0s cpu=0s\n```\n") == Contains("5: "));
  CHECK(check(begin + "```console\n^C\n```\n# Next\n") == Contains("5: "));
  CHECK(check("```console\n$ mkfifo pipe; cat pipe\n```\n```console terminal=2\n"
              "$ until test -p pipe; do :; done; echo one > pipe\n```\n```console\none\n```\n") ==
        "");
}

TEST_CASE_FIXTURE(Sandbox,
                  "after a failure the rest under its heading is not run, but the next is") {
  const auto failures = check(
      "```console\n$ echo 1\n2\n```\n```console\n$ touch ran\n```\n# Next\n"
      "```console\n$ echo 1\n3\n$ test -e ran\n```\n");
  CHECK(failures == Contains("5: not run"));
  CHECK(failures == Contains("9: \"echo 1\" prints something else"));
  CHECK(!std::filesystem::exists(settings.root / "ran"));
}

TEST_CASE_FIXTURE(Sandbox, "a block that a test cannot run is counted, and says why") {
  const auto report = this->report("```console skip=needs-root\n$ touch ran\n```\n");
  CHECK(report.failures.empty());
  CHECK(report.skipped == 1);
  CHECK(!std::filesystem::exists(settings.root / "ran"));
  CHECK(check("```console skip=\n$ true\n```\n") == Contains("skip= needs a reason"));
}

TEST_CASE_FIXTURE(Sandbox, "a block that needs a program is run where that is installed only") {
  const auto lacks = this->report("```console needs=no-such-thing\n$ touch ran\n```\n");
  CHECK(lacks.failures.empty());
  CHECK(lacks.needed == std::vector<std::string>{"line 1: no-such-thing is not installed"});
  CHECK(!std::filesystem::exists(settings.root / "ran"));
  const auto has = this->report("```console needs=touch\n$ touch ran\n```\n");
  CHECK(has.needed.empty());
  CHECK(std::filesystem::exists(settings.root / "ran"));
}

TEST_CASE_FIXTURE(Sandbox,
                  "where strace may not trace, what shows it is counted, and is no failure") {
  create_directory(settings.root / "bin");
  write("bin/strace", "#!/bin/sh\necho 'strace: not permitted' >&2; exit 1\n");
  std::filesystem::permissions(settings.root / "bin/strace", std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", ((settings.root / "bin").string() + ":" + path).c_str(), 1);
  const auto report = this->report(
      "```console\n$ echo before\nbefore\n```\n```console\n$ strace true\n+++ exited +++\n```\n"
      "```console terminal=2\n$ echo after\nafterwards\n```\n# Next\n"
      "```console\n$ echo 1\n2\n```\n");
  ::setenv("PATH", path.c_str(), 1);
  CHECK(report.untraced == 2);
  CHECK(report.why_no_strace.starts_with("strace may not trace here"));
  REQUIRE(report.failures.size() == 1);
  CHECK(report.failures[0].line == 14);
}

TEST_CASE_FIXTURE(Sandbox, "a console block with an unknown attribute, or without lines, fails") {
  CHECK(check("```console terminl=2\n$ true\n```\n") == Contains("unknown attribute terminl=2"));
  CHECK(check("```console\n```\n") == Contains("shows nothing"));
  CHECK(check("```console\nno command\n```\n") != "");
}

TEST_CASE_FIXTURE(Sandbox, "a count with a limit above must have one below, too") {
  CHECK(check("```console\n$ test 0 -lt 10 && echo few\nfew\n```\n") == Contains("also for 0"));
  CHECK(check("```console\n$ n=3; ((0 < n && n < 10)) && echo few\nfew\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "a shell that ends is a failure, not the end of the checker") {
  CHECK(check("```console\n$ exit\nexit\n$ true\n```\n") == Contains("the shell"));
}

TEST_CASE_FIXTURE(Sandbox, "nothing that a document started outlives its check") {
  const auto pipe = settings.root / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const common::Fd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string stubborn = "(trap '' HUP INT TERM; echo started >&2; sleep 1000) > pipe";
  settings.settle = {};
  std::string rest;
  SUBCASE("in the foreground") {
    rest = "```\n";
  }
  SUBCASE("in the background") {
    rest = "```\n```console terminal=2\n$ sleep 1000 > pipe &\n[1] 1\n```\n";
  }
  SUBCASE("when the document fails") {
    rest = "```\n```console terminal=2\n$ true\nx\n```\n";
  }
  const auto checked = check("```console\n$ " + stubborn + "\nstarted\n" + rest);
  CAPTURE(checked);
  // End of file, which try_read returns as 0, means that nobody has the other end.
  std::array<char, 1> buffer;
  CHECK(common::try_read(reader.get(), buffer) == 0);
}

TEST_CASE_FIXTURE(Sandbox, "a server and its client run in two terminals") {
  const std::string server =
      "```console\n$ build/01_blocking/server\nlistening on 127.0.0.1:8000\n```\n";
  const std::string client =
      "```console terminal=2 unordered\n$ build/01_blocking/client --clients 2\n"
      "start 1\nend 1\nstart 2\nend 2\n$ echo $?\n0\n```\n";
  const std::string stop =
      "```console\n^C\nserved=2 peak=1 wall=2.0s cpu=0.0s\n$ echo $?\n0\n```\n";
  CHECK(check(server + client + stop) == "");
  CHECK(check(server + client + "```console\n^C\nserved=3 peak=1 wall=2.0s cpu=0.0s\n```\n") != "");
  settings.settle = {};
  CHECK(check(server + "# Next\n" + client) ==
        Contains("connect 127.0.0.1:8000: Connection refused"));
}

TEST_CASE_FIXTURE(Sandbox, "a server that is left running is not a failure") {
  settings.settle = {};
  CHECK(check("```console\n$ build/01_blocking/server\nlistening on 127.0.0.1:8000\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox,
                  "a server in the background is waited for where the text shows its lines") {
  CHECK(check("```console unordered\n$ build/01_blocking/server &\n[1] 1234\n"
              "listening on 127.0.0.1:8000\n```\n```console\n"
              "$ jobs\n[1]+  Running                 build/01_blocking/server &\n"
              "$ kill %1; wait\nserved=0 peak=0 wall=0s cpu=0s\n"
              "[1]+  Done   build/01_blocking/server\n```\n") == "");
}

TEST_CASE("commands are translated for the test, and output is translated back") {
  check_text::Translation translation(BUILD_DIR, "/scratch", std::chrono::milliseconds(40),
                                      {21000, 21010});
  const std::string build = BUILD_DIR;
  const auto to_run = [&](const char* command) { return translation.to_run(command); };
  CHECK(to_run("time build/01_blocking/server --connections 2000") ==
        "time " + build + "/01_blocking/server --port 21000 --delay 40ms --connections 2000");
  CHECK(to_run("build/01_blocking/server --delay 2s --port 8001") ==
        build + "/01_blocking/server --delay 2s --port 21001");
  CHECK(to_run("build/01_blocking/client 2>&1 --port 0; build/01_blocking/client | cat --port 1") ==
        build + "/01_blocking/client 2>&1 --port 0; " + build +
            "/01_blocking/client --port 21000 | cat --port 1");
  CHECK(to_run("nc -u localhost 2000 | nc :8000") == "nc -u localhost 21010 | nc :21000");
  CHECK(to_run("ls build/01_blocking") == "ls " + build + "/01_blocking");
  CHECK(to_run("strace -o /tmp/a cat /var/tmp/b >/tmp/c") ==
        "strace -o /scratch/a cat /var/tmp/b >/scratch/c");

  CHECK(translation.to_shown("listening on 127.0.0.1:21000-21009, 21010, 21020") ==
        "listening on 127.0.0.1:8000-8009, 2000, 21020");
  CHECK(translation.to_shown("cat: /scratch/a: no") == "cat: /tmp/a: no");
  CHECK(translation.to_shown("bash: " + build + "/none: No such file or directory") ==
        "bash: build/none: No such file or directory");
  CHECK(translation.to_shown("Done " + to_run("build/01_blocking/server") + " | cat") ==
        "Done build/01_blocking/server | cat");
}

namespace {

/// A program that takes no flags, and a twin that does; its --help is there already.
void place_twin(const Sandbox& sandbox, const std::string& twin) {
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>{"01_blocking/bare", "exit 1"},
        {"01_blocking/with_flags/bare",
         "[ $1 = --help ] && exec echo --port PORT=8000 --delay TIME\n" + twin}}) {
    const auto path = sandbox.settings.root / name;
    std::filesystem::create_directories(path.parent_path());
    sandbox.write(name, "#!/bin/sh\n" + text + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
}

}  // namespace

TEST_CASE_FIXTURE(Sandbox, "whoever calls a server that says nothing does so when it listens") {
  const std::string build = settings.build;
  settings.build = settings.root;
  settings.settle = {};
  place_twin(*this, "sleep 0.5; exec " + lab::for_shell(build + "/01_blocking/server") +
                        " $* --delay 1ms 2> /dev/null");
  // Not by its path: that may be below /tmp, which stands for another directory.
  write("call", "exec " + lab::for_shell(build + "/01_blocking/client") + " --clients 1 $*\n");
  CHECK(check("```console\n$ build/01_blocking/bare\n```\n```console terminal=2\n"
              "$ sh call --port 8000\nstart 1\nend 1\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "what is so only with time enough is tried again, with more of it") {
  settings.build = settings.root;
  place_twin(*this, "case \"$*\" in *200ms*) echo all;; *) echo some;; esac");
  const std::string block = "```console\n$ build/01_blocking/with_flags/bare\n";
  CHECK(check(block + "all\n```\n") == "");
  CHECK(check(block + "none\n```\n") == Contains("prints something else"));
}

TEST_CASE_FIXTURE(Sandbox, "a build directory may have any name, wherever in a command it stands") {
  const std::filesystem::path tree = settings.root / "a 'büild'; tree";
  create_directory(tree);
  create_directory_symlink(settings.build / "01_blocking", tree / "01_blocking");
  settings.build = tree;
  CHECK(check("```console\n$ (build/01_blocking/server --connections 2 2>&1; echo done) | cat\n"
              "listening on 127.0.0.1:8000\n```\n```console terminal=2\n"
              "$ build/01_blocking/client --clients 1\nstart 1\nend 1\n"
              "$ sh -c 'build/01_blocking/client --clients 1 && ls -d \"build/01_blocking\"'\n"
              "start 2\nend 2\nbuild/01_blocking\n```\n"
              "```console\nserved=2 peak=1 wall=0s cpu=0s\ndone\n```\n") == "");
}

TEST_CASE_FIXTURE(Sandbox, "and so may the directory for temporary files") {
  const std::filesystem::path temporary = settings.root / "a 'tëmp'; directory";
  create_directory(temporary);
  const char* const before = std::getenv("TMPDIR");
  const std::string usual = before == nullptr ? "/tmp" : before;
  ::setenv("TMPDIR", temporary.c_str(), 1);
  CHECK(check("```console\n$ build/01_blocking/server --help > /tmp/help; grep -c -e --port "
              "/tmp/help\n1\n"
              "```\n") == "");
  ::setenv("TMPDIR", usual.c_str(), 1);
}

TEST_CASE_FIXTURE(Sandbox, "a program without flags is run as its twin, which takes a port") {
  place_twin(*this, "");
  check_text::Translation translation(settings.root, "/scratch", settings.delay, {21000, 21010});
  const std::string run = translation.to_run("build/01_blocking/bare");
  CHECK(run == settings.root.string() + "/01_blocking/with_flags/bare --port 21000");
  CHECK(translation.to_shown("Done " + run) == "Done build/01_blocking/bare");
}

TEST_CASE_FIXTURE(Sandbox, "a program whose own port is 2000 gets our port for that") {
  const auto program = settings.root / "04_poll" / "udp_echo";
  std::filesystem::create_directory(program.parent_path());
  write("04_poll/udp_echo", "#!/bin/sh\necho --port PORT=2000\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  check_text::Translation translation(settings.root, "/scratch", settings.delay, {21000, 21010});
  CHECK(translation.to_run("build/04_poll/udp_echo") == program.string() + " --port 21010");
}

TEST_CASE("two checks at the same time have no port in common") {
  std::set<std::uint16_t> taken;
  std::vector<check_text::Ports> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(check_text::find_free_ports());
    CHECK(taken.insert(all.back().tcp).second);
  }
}

TEST_CASE_FIXTURE(
    Sandbox, "of one chapter only its blocks are checked, and one that is not there is an error") {
  const auto document = write(
      "PARTS.md", "## One\n```nonsense\n```\n## Two\n### Of two\n```nonsense\n```\n## Three\n");
  CHECK(check_document(document, settings, "Tw").failures.at(0).line == 6);
  CHECK(check_document(document, settings, "Tw").blocks == 1);
  CHECK(check_document(document, settings, "Three").blocks == 0);
  CHECK(check_document(document, settings).blocks == 2);
  CHECK_THROWS_WITH(check_document(document, settings, "Of two"),
                    "no chapter begins with \"Of two\"");
}

TEST_CASE("no buffer of 16384 bytes is taken for one of our ports") {
  for (int i = 0; i < 20; ++i) {
    const check_text::Ports ports = check_text::find_free_ports();
    CHECK(std::min(ports.tcp, ports.udp) > 16384);
  }
}
