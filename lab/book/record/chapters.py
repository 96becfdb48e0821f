"""Which line of a chapter's server makes which call? Said in the line's own words, so that a line that has changed
is missed, and not mistaken for another one. ("end of", line) is the line that closes the block which that one opens."""

ACCEPTOR = "common::Acceptor acceptor(options, shutdown, statistics);"
MEMBERS = ": delay_(options.delay), acceptor_(options, shutdown_, statistics_) {}"
PENDING = "acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {"
START = 'common::write_all(socket.get(), "start " + std::to_string(number) + "\\n");'
SLEEP = "std::this_thread::sleep_for(delay);"
END = 'common::write_all(socket.get(), "end " + std::to_string(number) + "\\n");'
STEP_BEGINS = "if (!flush(connection)) return true;"
STEP_ENDS = "return !flush(connection);"
EPOLL = {
    "setup": MEMBERS,
    "epoll": "Epoll epoll_{shutdown_.fd()};",
    "watch the listener": "epoll_.watch(listener_, acceptor_.fd(), events, kListener);",
    "wait": "return epoll_.wait(until);",
    "accept": PENDING,
    "start": STEP_BEGINS,
    "watch": "epoll_.watch(connection.watch, connection.socket.get(),",
    "end": STEP_ENDS,
    "close": "if (!step(number, connection, events)) return connections_.erase(entry);",
    "statistics": "statistics_.print();",
}

LINES = {
    "01_blocking": {
        "setup": ACCEPTOR,
        "accept": "while (const common::Fd socket = acceptor.next()) {",
        "start": START,
        "sleep": SLEEP,
        "end": END,
        "close": ("end of", "while (const common::Fd socket = acceptor.next()) {"),  # socket's destructor
        "statistics": "statistics.print();",
    },
    "02_threads": {
        "setup": ACCEPTOR,
        "accept": "while (common::Fd socket = acceptor.next()) {",
        "thread": "threads.spawn(std::move(socket), number, [=, delay = options.delay](const common::Fd& client) {",
        "start": START,
        "sleep": SLEEP,
        "end": END,
        # connection_threads.hpp closes it when that work is done.
        "close": ("end of", "threads.spawn(std::move(socket), number, [=, delay = options.delay](const common::Fd& client) {"),
        "statistics": "statistics.print();",
    },
    "03_nonblocking_busy": {
        "setup": MEMBERS,
        "accept": PENDING,
        "start": STEP_BEGINS,
        "end": STEP_ENDS,
        "close": "if (!step(number, connection)) return connections_.erase(entry);",
        "statistics": "statistics_.print();",
    },
    "04_poll": {
        "setup": MEMBERS,
        "wait": "poll_until(waits_, until);",
        "accept": PENDING,
        "start": STEP_BEGINS,
        "end": STEP_ENDS,
        "close": "if (!step(number, connection, events)) return connections_.erase(entry);",
        "statistics": "statistics_.print();",
    },
    "05_epoll_level": EPOLL,
    "06_epoll_edge": {**EPOLL, "watch": "epoll_.watch(connection.watch, connection.socket.get(), EPOLLOUT | EPOLLET, number);",
                      "accept": "const bool done = acceptor_.accept_pending([&](common::Fd socket, std::uint64_t number) {"},
    "07_futures_tasks": {
        "begin": "runtime::block_on(serve(options, stop, tasks), runtime_options);",
        "accept": "runtime::TcpStream socket = co_await acceptor.next();",
        "spawn": "tasks.spawn(number, one_response(std::move(socket), number, options.delay));",
        "finish": "co_await tasks.finish(stop, options.delay + ConnectionTasks::kTimeToWrite);",
        "start": 'co_await socket.write_all("start " + std::to_string(number) + "\\n");',
        "sleep": "co_await runtime::sleep(delay);",
        "end": 'co_await socket.write_all("end " + std::to_string(number) + "\\n");',
        "over": ("end of", "common::Duration delay) {"),
        "goodbye": "co_await runtime::say_goodbye(std::move(socket));",
    },
}

ECHO = {
    "wait": "return epoll_.wait(until);",
    "accept": PENDING,
    "read": "const auto size = common::try_read(connection.socket.get(), connection.buffer);",
    "write": "const auto size = common::try_write(connection.socket.get(), connection.unsent());",
    "watch": "epoll_.watch(connection.watch, connection.socket.get(), events, number);",
}
ECHO_LINES = {
    "05_epoll_level": ECHO,
    "06_epoll_edge": {**ECHO, "accept": LINES["06_epoll_edge"]["accept"],
                      "watch": "epoll_.watch(connection.watch, connection.socket.get(), kAllEdges, number);"},
}
RING_LINES = {
    "07_futures_tasks": {
        "stop": "ring_.poll({kStop}, shutdown_.fd());",
        "wait": "ring_.wait(rests ? pause_.until() : common::Clock::time_point::max(),",
        "accept": "ring_.accept({kAccept}, listener_.get());",
        "receive": "ring_.receive({kReceive, number}, connection.socket.get());",
        "send": "ring_.send({kSend, number}, connection.socket.get(), connection.sending);",
        "look": "const auto [kind, number] = Token::of(done);",
    },
}

# Chapter 06b's, each with a poller.
POLLER_LINES = {
    "poller_mixed": {
        "poller": "common::Poller poller;",
        "add stop": "poller.add(shutdown.fd(), kStop, common::ReadySet::readable(), common::PollOpt::level());",
        "add": "poller.add(socket.get(), kDatagrams, common::ReadySet::readable(), common::PollOpt::level());",
        "timer": "const Timer timer(ticks.set_readiness(), delay);",
        "listening": "common::announce(socket.get());",
        "wait": "poller.wait(events);",
        "receive": "if (event.token == kDatagrams) receive(socket.get());",
        "tick": 'if (event.token == kTimer) print("timer " + std::to_string(++count));',
        "set": "tick.set(common::ReadySet::readable());",
    },
    "poller_pipe": {
        "poller": "common::Poller poller(wakeup);",
        "set": "for (int i = 0; i < 1000; ++i) readiness.set(common::ReadySet::readable());",
        "first thread": "std::thread([&] { set_1000_times(readiness); }).join();",
        "nobody waited": 'print("1000 sets while nobody waited: ", poller.wakeup_writes(), "wake-up write");',
        "look": 'print("one wait returned ", poller.wait(events), "event");',
        "second thread": "std::thread sets([&] {",
        "wait": "while (poller.wait(events) == 0) continue;",
        "slept": 'print("1000 sets while the poller slept: ", poller.wakeup_writes() - before, "wake-up write");',
    },
    "poller_triggers": {
        "pipe": 'common::check(::pipe2(ends, O_CLOEXEC), "pipe2");',
        "add": "poller_.add(ends[0], common::Token{1}, common::ReadySet::readable(), opt_);",
        "arrives": 'void byte_arrives() const { common::write_all(writer_.get(), std::string_view("x")); }',
        "reads": "common::read_some(reader_.get(), {&byte, 1});",
        "again": "poller_.modify(reader_.get(), common::Token{1}, common::ReadySet::readable(), opt_);",
        "look": "bool told() { return poller_.wait(events_, common::Duration::zero()) == 1; }",
    },
}
PROGRAMS = {"server": LINES, "echo_server": ECHO_LINES, "echo_server_uring": RING_LINES,
            **{program: {"06_epoll_edge": lines} for program, lines in POLLER_LINES.items()}}


class Moved(Exception):
    """A line is not in its file, or there more than once."""


def end_of(text, first):
    """The line that closes the block which `first` opens: where its braces are even again."""
    depth = 0
    for number, line in enumerate(text[first:], first):
        depth += line.count("{") - line.count("}")
        if depth == 0:
            return number
    raise Moved(f"nothing closes: {text[first]}")


def code_of(root, chapter, program="server"):
    """{"file", "lines": [[number, text], …], "at": {key: number}}: each function with a line that is meant, whole."""
    file = f"{chapter}/{program}.cpp"
    text = (root / file).read_text().split("\n")
    at = {}
    for key, line in PROGRAMS[program][chapter].items():
        line, closes = (line[1], True) if isinstance(line, tuple) else (line, False)
        found = [number for number, one in enumerate(text) if one.strip() == line]
        if len(found) != 1:
            raise Moved(f"{file} has {len(found)} times: {line} (see lab/book/record/chapters.py)")
        at[key] = (end_of(text, found[0]) if closes else found[0]) + 1
    wanted = set()
    for number in at.values():
        first = last = number - 1
        while text[first - 1].strip():
            first -= 1
        while text[last + 1].strip():
            last += 1
        wanted.update(range(first, last + 1))
    return {"file": file, "lines": [[number + 1, text[number]] for number in sorted(wanted)], "at": at}
