// What makes a block of a document fail that is looked up or made again? And what must not?

#include <doctest/doctest.h>

#include <string>

#include "links.hpp"
#include "normalise.hpp"
#include "sandbox.hpp"

using check_text::Sandbox;
using doctest::Contains;

namespace {

constexpr const char* kSource = R"(int main() {
  int n = 1;

  while (n < 10) {
    n = n + 1;
  }
  return n;
}
)";

constexpr const char* kNextSource = R"(int main() {
  int n = 2;

  while (n < 10) {
    n = n + 1;
  }
  return n - 1;
}
)";

/// Two versions of a program, and a second page.
struct Sources : Sandbox {
  Sources() {
    write("a.cpp", kSource);
    write("b.cpp", kNextSource);
    write("OTHER.md", "# Its heading\n");
  }
};

}  // namespace

TEST_CASE_FIXTURE(Sources, "a quotation holds while the file has its lines") {
  CHECK(check("```cpp a.cpp\n  int n = 1;\n\n  while (n < 10) {\n```\n") == "");
  write("a.cpp", std::string(kSource).replace(15, 10, "int n = 7;"));
  CHECK(check("Text.\n\n```cpp a.cpp\nint main() {\n  int n = 1;\n```\n") ==
        Contains("3: a.cpp:2 differs\n  expected:   int n = 1;\n  actual:     int n = 7;"));
}

TEST_CASE_FIXTURE(Sources, "a quotation whose first line changed is found") {
  CHECK(check("```cpp a.cpp\n  int m = 1;\n```\n") ==
        Contains("1: not in a.cpp:\n      int m = 1;"));
}

TEST_CASE_FIXTURE(Sources, "a quotation with a line left out is found") {
  CHECK(check("```cpp a.cpp\n  int n = 1;\n  while (n < 10) {\n```\n") ==
        Contains("a.cpp:3 differs"));
}

TEST_CASE_FIXTURE(Sources, "a quotation that goes on after the end of the file is found") {
  CHECK(check("```cpp a.cpp\n  return n;\n}\n\n```\n") == Contains("the end of the file"));
}

TEST_CASE_FIXTURE(Sources, "a quotation may lack indentation, but as much in every line") {
  CHECK(check("```cpp a.cpp\nwhile (n < 10) {\n  n = n + 1;\n}\n```\n") == "");
  CHECK(check("```cpp a.cpp\nwhile (n < 10) {\nn = n + 1;\n}\n```\n") ==
        Contains("a.cpp:5 differs"));
}

TEST_CASE_FIXTURE(Sources, "a quotation's pieces are found in order, and only in order") {
  CHECK(check("```cpp a.cpp\n  int n = 1;\n  // ...\n  return n;\n}\n```\n") == "");
  CHECK(check("```cpp a.cpp\n  return n;\n  // ...\n  int n = 1;\n```\n") ==
        Contains("in a.cpp, but not after the piece before it"));
  CHECK(check("```cpp a.cpp\n  int n = 1;\n  // ...\n  int n = 1;\n```\n") != "");
}

TEST_CASE_FIXTURE(Sources, "a quotation of nothing, or from no file, fails") {
  CHECK(check("```cpp a.cpp\n```\n") == Contains("quotes nothing"));
  CHECK(check("```cpp a.cpp\n// ...\n```\n") == Contains("quotes nothing"));
  CHECK(check("```cpp c.cpp\nint main() {\n```\n") == Contains("there is no file c.cpp"));
  CHECK(check("```cpp\nint main() {\n```\n") == Contains("must name the file"));
  CHECK(check("```cpp a.cpp b.cpp\nint main() {\n```\n") == Contains("names one file"));
}

TEST_CASE_FIXTURE(Sources, "any kind with a file is a quotation, and without one a failure") {
  write("script", "make\nmake install\n");
  CHECK(check("```sh script\nmake\n```\n") == "");
  CHECK(check("```sh script\nmake all\n```\n") == Contains("1: not in script"));
  CHECK(check("```text script\nmake all\n```\n") == Contains("1: not in script"));
  CHECK(check("```sh\nmake\n```\n") == Contains("kind \"sh\" must name the file"));
  CHECK(check("```\nmake\n```\n") == Contains("kind \"\" must name the file"));
}

TEST_CASE_FIXTURE(Sources, "pictures and sketches are free, and counted") {
  const auto report = this->report("```text\n-> o ->\n```\n```cpp sketch\npoll();\n```\n");
  CHECK(report.failures.empty());
  CHECK(report.blocks == 2);
  CHECK(report.free == 2);
}

TEST_CASE_FIXTURE(Sources, "a fence that would hide a block from the checker fails") {
  CHECK(check("~~~cpp\nlie();\n~~~\n") == Contains("1: only a fence of ```"));
  CHECK(check("> ```cpp\n> lie();\n") == Contains("1: only a fence of ```"));
  CHECK(check("Text\n```text\nnever ends\n") == Contains("2: never closed"));
}

TEST_CASE_FIXTURE(Sources, "an indented block's indentation does not count") {
  CHECK(check("1. Look:\n   ```cpp a.cpp\n   int main() {\n     int n = 1;\n   ```\n") == "");
}

TEST_CASE_FIXTURE(Sources, "a longer fence ends with one as long") {
  CHECK(check("````text\n```sh\nshown, not run\n```\n````\n") == "");
}

constexpr const char* kFirstHunk = " int main() {\n-  int n = 1;\n+  int n = 2;\n\n";
constexpr const char* kSecondHunk = "   }\n-  return n;\n+  return n - 1;\n }\n";

TEST_CASE_FIXTURE(Sources, "a diff holds with all its hunks, or some of them in order") {
  const std::string begin = "```diff a.cpp b.cpp\n", end = "```\n", at = "@@ -1,3 +1,3 @@\n";
  CHECK(check(begin + at + kFirstHunk + at + kSecondHunk + end) == "");
  CHECK(check(begin + kFirstHunk + "@@\n" + kSecondHunk + end) == "");
  CHECK(check(begin + kSecondHunk + end) == "");
  CHECK(check(begin + kSecondHunk + "@@\n" + kFirstHunk + end) == Contains("no such hunk"));
}

TEST_CASE_FIXTURE(Sources, "a stale diff is found, and the hunk shown that it should have") {
  write("b.cpp", std::string(kNextSource).replace(15, 10, "int n = 3;"));
  const auto failure = check(std::string("```diff a.cpp b.cpp\n") + kFirstHunk + "```\n");
  CHECK(failure == Contains("1: diff makes no such hunk here\n  expected:\n"));
  CHECK(failure == Contains("  actual:\n     int main() {\n    -  int n = 1;\n"
                            "    +  int n = 3;\n"));
}

TEST_CASE_FIXTURE(Sources, "a diff that shows a part of a hunk, or none, fails") {
  CHECK(check("```diff a.cpp b.cpp\n-  int n = 1;\n+  int n = 2;\n```\n") != "");
  CHECK(check("```diff a.cpp b.cpp\n```\n") == Contains("quotes no difference"));
  CHECK(check("```diff a.cpp a.cpp\n-  int n = 1;\n```\n") == Contains("no such hunk"));
}

TEST_CASE_FIXTURE(Sources, "a whole diff must have every hunk") {
  const std::string begin = "```diff a.cpp b.cpp whole\n";
  CHECK(check(begin + kFirstHunk + "@@\n" + kSecondHunk + "```\n") == "");
  CHECK(check(begin + kFirstHunk + "```\n") == Contains("has 2 hunks, this block 1"));
}

TEST_CASE_FIXTURE(Sources, "a diff's context can be chosen") {
  CHECK(check("```diff a.cpp b.cpp context=0\n-  int n = 1;\n+  int n = 2;\n```\n") == "");
}

TEST_CASE_FIXTURE(Sources, "a diff with a missing file or an unknown attribute fails") {
  CHECK(check("```diff a.cpp c.cpp\n-x\n```\n") == Contains("No such file"));
  CHECK(check("```diff a.cpp\n-x\n```\n") == Contains("names two files"));
  CHECK(check("```diff a.cpp b.cpp wrong\n-x\n```\n") == Contains("unknown attribute wrong"));
}

TEST_CASE_FIXTURE(Sources, "a broken link is found") {
  CHECK(check("[it](a.cpp) ![it](b.cpp \"title\") [`a`](./a.cpp) [w](https://example.org/)\n") ==
        "");
  CHECK(check("\n[it](a.cpp) and [more](c.cpp)\n") == Contains("2: there is no c.cpp"));
  CHECK(check("![picture](c.svg \"title\")\n") == Contains("1: there is no c.svg"));
  CHECK(check("[name]: c.cpp\n") == Contains("1: there is no c.cpp"));
}

TEST_CASE_FIXTURE(Sources, "a link to a heading that is not there is found") {
  CHECK(check("# Try it: `poll`!\n[up](#try-it-poll) [other](OTHER.md#its-heading)\n") == "");
  CHECK(check("# Try it\n[up](#try)\n") == Contains("2: there is no heading for #try"));
  CHECK(check("[other](OTHER.md#heading)\n") == Contains("no heading for OTHER.md#heading"));
  CHECK(check("```text\n# Try it\n```\n[up](#try-it)\n") != "");
}

TEST_CASE("a link to a heading of the document itself holds wherever it is read from") {
  const auto document = check_text::parse({"# Here", "[up](#here)"});
  CHECK(check_text::check_links(document, "DOCUMENT.md").empty());
}

TEST_CASE_FIXTURE(Sources, "two headings of the same name have two anchors") {
  CHECK(check("# Run\n# Run\n[first](#run) [second](#run-1)\n") == "");
  CHECK(check("# Run\n[second](#run-1)\n") != "");
}

TEST_CASE_FIXTURE(Sources, "what looks like a link in code is none") {
  CHECK(check("A lambda: `[this](int n) { … }`.\n") == "");
}

TEST_CASE("a slug is what GitHub makes of a heading") {
  CHECK(check_text::slug("01 · Blocking — one at a time") == "01--blocking--one-at-a-time");
  CHECK(check_text::slug("`udp_echo`, *again*") == "udp_echo-again");
  CHECK(check_text::slug("See [the page](OTHER.md)") == "see-the-page");
}

TEST_CASE("what chance decides is normalised") {
  using check_text::normalise;
  CHECK(normalise("wall=1.002s cpu=0.001s") == "wall=# cpu=#");
  CHECK(normalise("real\t1m2.003s") == "real #");
  CHECK(normalise("polls=65 wall=1.050s") == "polls=# wall=#");
  CHECK(normalise("a way  took 58 30  10   2  400 wakes  0 left waiting") ==
        "a way took # wakes # left waiting");
  CHECK(normalise("12.5ms, 250us and 3s  ") == "#, # and #");
  CHECK(normalise("[pid  1234] 12:34:56.789012 close(3) = 0 <0.000123>") ==
        "[pid #] # close(3) = 0 <#>");
  CHECK(normalise("mmap(NULL) = 0x7ffd0a10") == "mmap(NULL) = 0x#");
  CHECK(normalise("strace: Process 1234 attached") == "strace: Process # attached");
  CHECK(normalise("{sin_port=htons(41234)}") == "{sin_port=htons(#)}");
  CHECK(normalise("[1] 1234") == "[1] #");
  CHECK(normalise("connect 127.0.0.1:41234, [::1]:41234") == "connect 127.0.0.1:#, [::1]:#");
}

TEST_CASE("what an older and a newer strace print of the same call is the same") {
  using check_text::normalise;
  CHECK(normalise("epoll_wait(5, [{events=EPOLLIN, data=0x1}], 64, -1) = 1") ==
        normalise("epoll_wait(5, [{events=EPOLLIN, data={u32=1, u64=1}}], 64, -1) = 1"));
  CHECK(normalise("{events=0, data=0}") == "{events=0, data=0}");
  CHECK(normalise("{events=0, data={u32=0, u64=0}}") == "{events=0, data=0}");
  CHECK(normalise("{events=EPOLLIN, data=0xffffffffffffffff}") ==
        normalise("{events=EPOLLIN, data={u32=4294967295, u64=18446744073709551615}}"));
  CHECK(normalise("{events=EPOLLIN, data=0x1}") !=
        normalise("{events=EPOLLIN, data={u32=2, u64=2}}"));
}

TEST_CASE("a call that arm64 has in another form is the same there, with its arguments") {
  using check_text::normalise;
  CHECK(normalise("epoll_pwait(5, [], 64, 1000, NULL, 0) = 0") ==
        normalise("epoll_wait(5, [], 64, 1000)             = 0"));
  CHECK(normalise("epoll_pwait(5, [], 64, 999, NULL, 0) = 0") !=
        normalise("epoll_wait(5, [], 64, 1000)             = 0"));
  const std::string one = "[{fd=3, events=POLLIN}], 1, ";
  CHECK(normalise("ppoll(" + one + "NULL, NULL, 0) = 1 ([{fd=3, revents=POLLIN}])") ==
        "poll(" + one + "-1) = 1 ([{fd=3, revents=POLLIN}])");
  CHECK(normalise("ppoll(" + one + "{tv_sec=1, tv_nsec=500000000}, NULL, 0) = 0 (Timeout)") ==
        "poll(" + one + "1500) = 0 (Timeout)");
  CHECK(normalise("ppoll(" + one + "{tv_sec=1, tv_nsec=0}, NULL, 0) = 1 ([{fd=3, " +
                  "revents=POLLIN}], left {tv_sec=0, tv_nsec=999990000})") ==
        "poll(" + one + "1000) = 1 ([{fd=3, revents=POLLIN}])");
  CHECK(normalise("ppoll(" + one + "NULL, NULL, 0) = ? ERESTARTNOHAND (To be restarted if no " +
                  "handler)") ==
        "poll(" + one + "-1) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)");
  CHECK(normalise("04_poll  1  ppoll, read, write") == "04_poll 1 poll, read, write");
  CHECK(normalise("EINTR in epoll_pwait: survives") == "EINTR in epoll_wait: survives");
  CHECK(normalise("pselect6: Bad file descriptor") == "select: Bad file descriptor");
}

TEST_CASE("whether bash says which command was aborted does not count") {
  using check_text::normalise;
  CHECK(normalise("Aborted                    build/01_blocking/four_calls") == "Aborted");
  CHECK(normalise("Aborted") == "Aborted");
}

TEST_CASE("that nc has connected does not count, whether it says so or not") {
  const check_text::Lines chatty = {"start 1",
                                    "Connection to 127.0.0.1 8000 port [tcp/*] succeeded!"};
  CHECK(check_text::normalise(chatty) == check_text::Lines{"start 1"});
  const check_text::Lines refused = {"connect to 127.0.0.1 port 8000 (tcp) failed"};
  CHECK(check_text::normalise(refused) == refused);
}

TEST_CASE("what a program decides is not normalised") {
  using check_text::normalise;
  for (const char* line : {"start 1", "served=10 peak=3", "127.0.0.1:8000", "10 clients", "v2.5",
                           "[1]+ Done", "accept4(3, NULL) = 5", "x10s"}) {
    CHECK(normalise(line) == line);
  }
}
