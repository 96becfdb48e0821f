// Does timeline draw what happened, in a way that can be read, and say so when it cannot?

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "draw_svg.hpp"
#include "lab/support/chapters.hpp"
#include "lab/support/program.hpp"
#include "lab/support/server.hpp"
#include "lab/support/temporary_directory.hpp"
#include "lab/support/text.hpp"
#include "read_trace.hpp"
#include "runtime/runtime.hpp"

namespace {

using lab::count;
using lab::read_file;
using lab::Result;
using lab::TemporaryDirectory;
using std::filesystem::path;
using timeline::Chart;
using timeline::draw_svg;
using timeline::Look;
using timeline::Row;

const path kBuild = BUILD_DIR;
const path kSource = SOURCE_DIR;

Result timeline(std::vector<std::string> words) {
  words.insert(words.begin(), kBuild / "lab" / "timeline");
  return lab::run(words);
}

std::string svg_of(const std::vector<std::string>& words) {
  const TemporaryDirectory directory;
  std::vector<std::string> with_output = words;
  with_output.insert(with_output.end(), {"-o", directory / "picture.svg"});
  const Result result = timeline(with_output);
  CHECK_MESSAGE(result.status == 0, result.err);
  CHECK(result.out.empty());
  return read_file(directory / "picture.svg");
}

/// One trace, of the kind that the runtime writes: two tasks, one of which wakes the other.
const std::string kTrace = R"({"traceEvents":[
{"ph":"M","pid":1,"name":"process_name","args":{"name":"tasks"}},
{"ph":"M","pid":2,"tid":1000000,"name":"thread_name","args":{"name":"driver"}},
{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"task 1 main a.cpp:1"}},
{"ph":"i","pid":1,"tid":1,"ts":0.000,"s":"t","name":"spawned"},
{"ph":"B","pid":1,"tid":1,"ts":1.000,"name":"poll"},
{"ph":"E","pid":1,"tid":1,"ts":2.000,"args":{"result":"pending","worker":0}},
{"ph":"B","pid":2,"tid":1000000,"ts":3.000,"name":"park"},
{"ph":"E","pid":2,"tid":1000000,"ts":300003.000},
{"ph":"B","pid":2,"tid":1000000,"ts":300003.000,"name":"wakes"},
{"ph":"i","pid":2,"tid":1000000,"ts":300003.000,"s":"t","name":"fd 9 <&\"> readable"},
{"ph":"s","pid":2,"tid":1000000,"ts":300004.000,"cat":"wake","name":"wake","id":1},
{"ph":"E","pid":2,"tid":1000000,"ts":300005.000},
{"ph":"B","pid":1,"tid":1,"ts":300006.000,"name":"poll"},
{"ph":"f","pid":1,"tid":1,"ts":300006.000,"bp":"e","cat":"wake","name":"wake","id":1},
)";
const std::string kEnd = R"({"ph":"E","pid":1,"tid":1,"ts":300007.000,"args":{"result":"ready"}},
{"ph":"i","pid":1,"tid":1,"ts":300007.000,"s":"t","name":"ended"}
]})";

/// The values of `name` in each element that begins with `element`.
std::vector<double> values(const std::string& svg, const std::string& element,
                           const std::string& name) {
  std::vector<double> all;
  for (std::size_t at = 0; (at = svg.find(element, at)) != std::string::npos; ++at) {
    const std::string key = " " + name + "=\"";
    const std::size_t value = svg.find(key, at);
    REQUIRE(value != std::string::npos);
    all.push_back(std::stod(svg.substr(value + key.size())));
  }
  return all;
}

/// As far as these pictures go: every element is closed, in order, and text is escaped.
void check_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  std::size_t at = 0;
  while ((at = svg.find('<', at)) != std::string::npos) {
    const std::size_t end = svg.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    CHECK(tag.find('<') == std::string::npos);
    CHECK(std::count(tag.begin(), tag.end(), '"') % 2 == 0);
    if (tag.front() == '/') {
      REQUIRE_FALSE(open.empty());
      CHECK(open.back() == tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end;
  }
  CHECK(open.empty());
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  for (std::size_t i = 0; (i = svg.find('&', i)) != std::string::npos; ++i) {
    const std::string entity = svg.substr(i, svg.find(';', i) - i + 1);
    const bool known =
        entity == "&amp;" || entity == "&lt;" || entity == "&gt;" || entity == "&quot;";
    CHECK_MESSAGE(known, entity);
  }
}

/// The sum of the widths of all bars of a look; the last one is the legend's.
double width_of(const std::string& svg, const std::string& look) {
  std::vector<double> widths = values(svg, "<rect class=\"" + look + "\"", "width");
  if (!widths.empty()) widths.pop_back();
  return std::accumulate(widths.begin(), widths.end(), 0.0);
}

enum class Shape { staircase, parallel };

/// How the connections of a chapter's picture were served: one after the other, or all at once. As
/// the number of those that are served at a time, on average: 1 or 10 on a machine at rest. On a
/// busy one a client hears late, which moves single bars, and not the average by much.
Shape shape_of(const std::string& svg) {
  const std::string served = "<rect class=\"served\"";
  std::vector<double> begins = values(svg, served, "x");
  std::vector<double> widths = values(svg, served, "width");
  begins.pop_back();  // the legend's
  REQUIRE(begins.size() == 10);
  double end = 0;
  for (std::size_t i = 0; i < begins.size(); ++i) end = std::max(end, begins[i] + widths[i]);
  const double at_a_time =
      width_of(svg, "served") / (end - *std::min_element(begins.begin(), begins.end()));
  return at_a_time < 2.5 ? Shape::staircase : Shape::parallel;
}

TEST_CASE("a trace in the terminal: a line for each row, and what it means") {
  const TemporaryDirectory directory;
  const Result result = timeline({directory.write("t.json", kTrace + kEnd)});
  CHECK(result.status == 0);
  CHECK(result.out ==
        R"(t.json: 1 task, 2 polls, 300.0 ms
Time is not to scale: a long wait is drawn only a little longer than a short one.

driver                   ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ wwwww
task 1 main a.cpp:1 ..==.........................................................................##
                    |0 us                                                                 |300.0 ms

~ driver: waits   w driver, thread: wakes   = poll: pending   # poll: ready
)");
}

TEST_CASE("no line in the terminal is longer than 100 columns") {
  const TemporaryDirectory directory;
  const std::string long_name(300, 'x');
  std::string trace = kTrace + kEnd;
  trace.replace(trace.find("task 1 main"), 6, long_name);
  std::istringstream lines(timeline({directory.write("t.json", trace)}).out);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("a trace as a picture: bars by their result, an arrow, the driver's events") {
  const TemporaryDirectory directory;
  const std::string svg = svg_of({directory.write("t.json", kTrace + kEnd)});
  check_well_formed(svg);
  for (const char* look : {"park", "wakes", "pending", "ready"}) {
    CAPTURE(look);
    CHECK(count(svg, "<rect class=\"" + std::string(look) + "\"") == 2);  // and in the legend
  }
  CHECK(count(svg, "<path class=\"arrow\"") == 1);
  CHECK(count(svg, ">task 1 main a.cpp:1</text>") == 1);
  CHECK(count(svg, ">fd 9 &lt;&amp;&quot;&gt; readable</text>") == 1);
  CHECK(count(svg, ">300.0 ms</text>") == 2);  // of the park, and on the axis
}

TEST_CASE("the trace of a program that was killed is drawn up to there") {
  const TemporaryDirectory directory;
  std::string trace = kTrace;
  trace.replace(trace.rfind(",\n"), 2, "]}");
  const std::string file = directory.write("t.json", trace);
  const std::string svg = svg_of({file});
  check_well_formed(svg);
  CHECK(count(svg, "<rect class=\"pending\"") == 3);
  const Chart chart = timeline::read_trace(file);
  CHECK(chart.rows.at(1).bars.back().end == chart.end);
}

runtime::Async<> nap(int ms) {
  co_await runtime::sleep(std::chrono::milliseconds(ms));
}

runtime::Async<> naps() {
  std::vector<runtime::JoinHandle<void>> handles;
  for (int i = 0; i < 8; ++i) handles.push_back(runtime::spawn(nap(10 - i)));
  for (runtime::JoinHandle<void>& handle : handles) co_await handle;
}

TEST_CASE("with the virtual clock, the same run gives the same picture, byte for byte") {
  const TemporaryDirectory directory;
  const auto picture = [&] {
    runtime::Options options;
    options.virtual_clock = true;
    options.trace = directory / "t.json";
    runtime::block_on(naps(), options);
    return svg_of({options.trace});
  };
  const std::string first = picture();
  check_well_formed(first);
  CHECK(count(first, "<path class=\"arrow\"") >= 9);
  CHECK(first == picture());
}

/// What the lint says of the trace of `future`, with a clock that is virtual.
template <runtime::Future F>
Result lint(F future) {
  const TemporaryDirectory directory;
  runtime::Options options;
  options.virtual_clock = true;
  options.trace = directory / "t.json";
  try {
    runtime::block_on(std::move(future), options);
  } catch (const runtime::Deadlock&) {
  }
  return timeline({"--lint", options.trace});
}

Result lint(const std::string& trace, const std::vector<std::string>& flags = {}) {
  const TemporaryDirectory directory;
  std::vector<std::string> words = {"--lint", directory.write("t.json", trace)};
  words.insert(words.end(), flags.begin(), flags.end());
  return timeline(words);
}

TEST_CASE("of tasks that sleep and join the lint says nothing") {
  const Result result = lint(naps());
  CHECK(result.status == 0);
  CHECK(result.out == "t.json: nothing found\n");
}

runtime::Async<> yield(int times) {
  for (int i = 0; i < times; ++i) co_await runtime::yield_now();
}

TEST_CASE("a task that yields ten times wakes itself, and one that does so nine times may") {
  const Result ten = lint(yield(10));
  CHECK(ten.status == 1);
  CHECK(count(ten.out, ": wakes itself: so came 10 of 11 polls\n") == 1);
  CHECK(lint(yield(9)).status == 0);
}

runtime::Async<> sleep_and_yield(int times) {
  for (int i = 0; i < times; ++i) {
    co_await runtime::yield_now();
    co_await runtime::sleep(std::chrono::milliseconds(1));
  }
}

TEST_CASE("a task that wakes itself in half of its polls only does not look wrong") {
  CHECK(lint(sleep_and_yield(20)).status == 0);
}

/// Wakes whoever has left a waker, or sends a value, so many times.
runtime::Async<> wake(runtime::Waker& waker, int times) {
  for (int i = 0; i < times; ++i) {
    co_await runtime::yield_now();
    waker.wake();
  }
}
runtime::Async<> wait_for_wakes(int wakes) {
  runtime::Waker waker;
  auto waking = runtime::spawn(wake(waker, wakes));
  int polls = 0;
  co_await runtime::poll_fn([&](runtime::Context& context) -> runtime::Poll<void> {
    if (polls++ == wakes) return runtime::done;
    waker = context.waker();
    return runtime::pending;
  });
  co_await waking;
}
runtime::Async<> send(runtime::Sender<int> sender, int times) {
  for (int i = 0; i < times; ++i) co_await sender.send(i);
}
runtime::Async<> receive(int times) {
  auto channel = runtime::mpsc<int>(1);
  auto sending = runtime::spawn(send(std::move(channel.sender), times));
  for (int i = 0; i < times; ++i) {
    const auto value = co_await channel.receiver.receive();
    CHECK(value == i);
  }
  co_await sending;
}

TEST_CASE(
    "a task that finds nothing ready after a wake is woken for nothing, and one that does is not") {
  const Result nothing = lint(wait_for_wakes(20));
  CHECK(count(nothing.out, "task 1 ") == 1);
  CHECK(count(nothing.out, ": is woken for nothing: 19 of 2") == 1);
  CHECK(lint(receive(100)).out == "t.json: nothing found\n");
}

runtime::Async<> wait_for_nobody() {
  auto waiting = runtime::spawn(
      runtime::poll_fn([](runtime::Context&) -> runtime::Poll<void> { return runtime::pending; }));
  co_await waiting;
}

TEST_CASE("of tasks that a deadlock has ended the lint says that nobody has woken them") {
  CHECK(count(lint(wait_for_nobody()).out, ": waits: nobody has woken it") == 2);
}

runtime::Async<> cancel() {
  runtime::spawn(nap(10'000)).detach();
  auto aborted = runtime::spawn(nap(10'000));
  co_await runtime::yield_now();
  aborted.abort();
  co_await runtime::yield_now();
}

TEST_CASE("a task that was aborted, or is left at the end, does not look wrong") {
  CHECK(lint(cancel()).out == "t.json: nothing found\n");
}

TEST_CASE("in a trace that breaks off, a task that waits, or is in a poll, looks wrong") {
  const std::string waits = kTrace.substr(0, kTrace.find(R"({"ph":"E","pid":2)"));
  const std::string close = R"({"ph":"M","pid":1,"name":"process_name"}]})";
  CHECK(lint(waits + close).out ==
        "task 1 main a.cpp:1: waits: nobody has woken it after its last poll\n");
  CHECK(lint(kTrace + close).out ==
        "task 1 main a.cpp:1: blocks its thread: at the end of the trace it is in a poll\n");
  const std::string woken =
      kTrace.substr(0, kTrace.find(R"({"ph":"E","pid":2,"tid":1000000,"ts":300005)"));
  CHECK(lint(woken + close).out == "t.json: nothing found\n");
}

TEST_CASE("a poll blocks its thread when it takes as long as --long-poll says") {
  const Result result = lint(kTrace + kEnd, {"--long-poll", "1us"});
  CHECK(result.status == 1);
  CHECK(result.out ==
        "task 1 main a.cpp:1: blocks its thread: 2 long polls, the longest of 1 us\n");
  CHECK(lint(kTrace + kEnd, {"--long-poll", "2us"}).status == 0);
  CHECK(lint(kTrace + kEnd).status == 0);
}

TEST_CASE("what is too much is left out, and the picture says so") {
  Chart chart;
  chart.rows.resize(500, Row{"a task", -1, -1, {{0, 1, Look::ready, "", ""}}, {}});
  chart.arrows.resize(5000);
  const std::string svg = draw_svg(chart);
  check_well_formed(svg);
  CHECK(count(svg, ">a task</text>") == 120);
  CHECK(count(svg, ">380 rows more are not drawn.</text>") == 1);
  CHECK(count(svg, "<path class=\"arrow\"") == 0);
  CHECK(count(svg, ">5000 arrows are too many to draw.</text>") == 1);
}

TEST_CASE("labels do not overlap: those without room are left out") {
  Chart chart;
  chart.rows.resize(1);
  for (int i = 0; i < 100; ++i) {
    chart.ticks.push_back({i / 100.0, "100.0 ms"});
    chart.rows[0].marks.push_back({i / 100.0, "fd 9 readable"});
  }
  const std::string svg = draw_svg(chart);
  const auto far_apart = [](const std::vector<double>& places, double distance, std::size_t lines) {
    CHECK(places.size() > 2);
    for (std::size_t i = lines; i < places.size(); ++i) {
      CHECK(places[i] - places[i - lines] > distance);
    }
  };
  std::vector<double> ticks = values(svg, "<text x=", "x");
  ticks.erase(ticks.begin());  // the note
  ticks.pop_back();            // the row's name
  far_apart(ticks, 8 * 7.2, 1);
  far_apart(values(svg, "<text class=\"small\"", "x"), 13 * 6, 2);
}

/// A picture of marks at these places, from 0 to 1, whose names are long.
std::string marked(const std::vector<double>& places) {
  Chart chart;
  chart.rows.resize(1);
  for (const double at : places) {
    chart.rows[0].marks.push_back({at, "fd 11 readable writable read_hup hup error"});
  }
  return draw_svg(chart);
}

TEST_CASE("each group of marks has its label: a long one at the end begins further left") {
  const std::string svg = marked({0.60, 0.61, 0.62, 0.90, 0.91});
  const std::vector<double> labels = values(svg, "<text class=\"small\"", "x");
  const std::vector<double> marks = values(svg, "<line class=\"mark\"", "x1");
  REQUIRE(labels.size() == 2);
  CHECK(labels[0] == marks.at(0));
  CHECK(labels[1] < marks.at(3));
  CHECK(count(svg, ">fd 11 readable writable read_hup hup error</text>") == 2);
}

TEST_CASE("a label that is longer than two groups of marks is cut off") {
  const std::string svg = marked({0.10, 0.28, 0.46, 0.64});
  CHECK(count(svg, "\u2026</text>") == 2);
  CHECK(count(svg, ">fd 11 readable writable read_hup hup error</text>") == 2);
}

TEST_CASE("a row's long label has two lines, where rows are few") {
  Chart chart;
  chart.rows.resize(1);
  chart.rows[0].label = "task 2 serve_and_connect client_server.cpp:49";
  CHECK(count(draw_svg(chart), ">task 2 serve_and_connect</text>") == 1);
  CHECK(count(draw_svg(chart), ">client_server.cpp:49</text>") == 1);
  chart.rows.resize(100, chart.rows[0]);
  CHECK(count(draw_svg(chart), ">" + chart.rows[0].label + "</text>") == 100);
}

TEST_CASE("every bar can be seen, however short") {
  Chart chart;
  chart.end = 1e9;
  chart.rows.push_back({"a task", -1, -1, {{5, 5, Look::ready, "", ""}}, {}});
  CHECK(values(draw_svg(chart), "<rect class=\"ready\"", "width").at(0) >= 1.5);
}

TEST_CASE("a chapter in the terminal: one line for each connection, and what it cost") {
  const Result result = timeline({"--chapter", "01_blocking", "--clients", "3", "--delay", "50ms"});
  CHECK(result.status == 0);
  CHECK(result.out.starts_with("01_blocking: 3 clients at once, "));
  CHECK(count(result.out, "The server: 1 thread, ") == 1);
  CHECK(count(result.out, "\nconnection ") == 3);
  CHECK(count(result.out, "\nconnection 3 ..") == 1);
}

/// What stands in the row of a thread, in a picture of letters.
std::string row_of(const std::string& text, const std::string& thread) {
  const std::size_t begin = text.find("\n" + thread + " ");
  REQUIRE(begin != std::string::npos);
  const std::string row = text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
  return row.substr(row.find_last_of(' ') + 1);
}

/// In the row of a thread, is there more sleep than work?
bool sleeps(const std::string& text, const std::string& thread) {
  const std::string row = row_of(text, thread);
  return count(row, "-") > count(row, "#");
}

TEST_CASE("below them, one line for each thread: at work where it works, and else asleep") {
  const auto text_of = [](const std::string& chapter, const std::string& delay) {
    return timeline({"--chapter", chapter, "--clients", "3", "--delay", delay}).out;
  };
  CHECK(lab::with_some_delay(std::chrono::milliseconds(100), [&](const std::string& delay) {
    const std::string text = text_of("02_threads", delay);
    CHECK(count(text, "\nmain thread ") == 1);
    return sleeps(text, "main thread") && sleeps(text, "thread 1") && sleeps(text, "thread 2") &&
           sleeps(text, "thread 3");
  }));
  CHECK(lab::with_some_delay(std::chrono::milliseconds(100), [&](const std::string& delay) {
    return !sleeps(text_of("03_nonblocking_busy", delay), "main thread");
  }));
}

TEST_CASE("the axis is the same, however many are served at once, and no line is too long") {
  for (const char* chapter : {"02_threads", "04_poll"}) {
    const std::string text = timeline({"--chapter", chapter, "--delay", "300ms"}).out;
    CHECK(count(text, "|3 s\n") == 1);  // ten delays, one after the other
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
  }
}

/// Does the server's first thread work for more than half of the time?
bool is_busy(const std::string& svg) {
  return width_of(svg, "working") > 0.5 * width_of(svg, "asleep");
}

TEST_CASE("each chapter's picture shows what a run shows now: bars, and who is at work") {
  std::size_t pictures = 0;
  for (const path& chapter : lab::built_chapters({"server", "client"})) {
    const std::string name = chapter.filename();
    CAPTURE(name);
    const Shape shape = name == "01_blocking" ? Shape::staircase : Shape::parallel;
    const bool busy = name == "03_nonblocking_busy";
    CHECK(lab::with_some_delay(std::chrono::milliseconds(60), [&](const std::string& delay) {
      const std::string now = svg_of({"--chapter", name, "--delay", delay});
      check_well_formed(now);
      return shape_of(now) == shape && is_busy(now) == busy;
    }));
    const path file = kSource / name / "timeline.svg";
    if (!std::filesystem::exists(file)) continue;  // 05 and 06 look like 04
    ++pictures;
    const std::string committed = read_file(file);
    check_well_formed(committed);
    CHECK(count(committed, "<title>" + name + ": 10 clients at once, ") == 1);
    CHECK(count(committed, ">3 s</text>") == 1);
    CHECK(shape_of(committed) == shape);
    CHECK(is_busy(committed) == busy);
  }
  CHECK(pictures == 5);
}

/// The names of the rows of a trace's picture, and the places that spawned them, a line each.
std::string rows_of(const std::string& svg) {
  std::string rows;
  const std::regex row(">(task \\d+ [^<]*|[a-z_]+\\.[ch]pp:\\d+)<");
  for (std::sregex_iterator found(svg.begin(), svg.end(), row), end; found != end; ++found) {
    rows += (*found)[1].str() + "\n";
  }
  return rows;
}

TEST_CASE("the picture of a trace has the rows that a run has now") {
  const TemporaryDirectory directory;
  const path trace = directory / "trace.json";
  const Result run = lab::run({kBuild / "07_futures_tasks" / "client_server", "--port", "0",
                               "--clients", "3", "--delay", "50ms", "--trace", trace});
  REQUIRE_MESSAGE(run.status == 0, run.err);
  const std::string now = svg_of({trace});
  const std::string committed = read_file(kSource / "07_futures_tasks" / "trace.svg");
  CHECK(rows_of(committed) == rows_of(now));
}

/// The one line that an error is.
std::string error_of(const std::vector<std::string>& words, int status = 1) {
  const Result result = timeline(words);
  CHECK(result.status == status);
  CHECK(result.out.empty());
  CHECK(count(result.err, "\n") == 1);
  return result.err;
}

TEST_CASE("what is no trace is one line on standard error, and exit status 1") {
  const TemporaryDirectory directory;
  const std::string text = directory.write("a.txt", "start 1\n");
  const std::string other = directory.write("b.json", R"({"traceEvents":[{"ph":"X"}]})");
  const std::string number = directory.write("c.json", "3");
  CHECK(error_of({text}) == text + ": not JSON\n");
  CHECK(error_of({other}) == other + ": not a trace of tasks\n");
  CHECK(error_of({number}) == number + ": not a trace of tasks\n");
  CHECK(error_of({directory / "none"}) ==
        "open " + (directory / "none").string() + ": No such file or directory\n");
}

TEST_CASE("what cannot be drawn is one line on standard error, and exit status 1") {
  const TemporaryDirectory directory;
  const std::string trace = directory.write("t.json", kTrace + kEnd);
  CHECK(error_of({"--chapter", "99_later"})
            .starts_with("no such chapter: 99_later; there are 01_blocking "));
  CHECK(error_of({trace, "-o", "/nowhere/a.svg"}) ==
        "open /nowhere/a.svg: No such file or directory\n");
  CHECK(error_of({trace, "-o", "/dev/full"}) == "write /dev/full: No space left on device\n");
}

TEST_CASE("neither a trace nor a chapter, or both, is one line, and exit status 2") {
  const TemporaryDirectory directory;
  const std::string trace = directory.write("t.json", kTrace + kEnd);
  CHECK(error_of({}, 2) == "either a trace or a --chapter (--help lists the flags)\n");
  CHECK(error_of({trace, "--chapter", "04_poll"}, 2) == error_of({}, 2));
}

TEST_CASE("the lint takes a trace, and draws nothing: else it is one line, and exit status 2") {
  const std::string line = "--lint takes a trace, and draws nothing\n";
  CHECK(error_of({"--lint", "--chapter", "04_poll"}, 2) == line);
  CHECK(error_of({"--lint", "t.json", "-o", "t.svg"}, 2) == line);
  const TemporaryDirectory directory;
  const std::string other = directory.write("b.json", R"({"traceEvents":[{"ph":"X"}]})");
  CHECK(error_of({"--lint", other}) == other + ": not a trace of tasks\n");
}

TEST_CASE("help shows the flags, and the delay that is used without --delay") {
  const Result result = timeline({"--help"});
  CHECK(result.status == 0);
  for (const char* flag : {"--chapter", "--lint", "--long-poll", "--output", "--clients"}) {
    CHECK_MESSAGE(count(result.out, flag) > 0, flag);
  }
  CHECK(count(lab::about_flag(result.out, "--delay"), "0.3s") == 1);
}

}  // namespace
