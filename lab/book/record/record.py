#!/usr/bin/env python3
"""Records what the player plays, from real runs of the chapters' programs.

  cmake --build build --target recordings          all of them, into lab/book/recordings
  lab/book/record/record.py --build build 04_poll  one of them
  lab/book/record/record.py --lines                no run: only where the lines are that the recordings show

A recording is JSON: {"kind": "calls" or "trace", "chapter", "title", "made": where and when, "delay" and "end" in
seconds, "code": see chapters.py, "names": what each descriptor is, "bars": [[when client 1 has connected, got "start",
got "end"], …], "steps"}. A step has the time `t` in seconds, `who` takes it, the line `at` which (a key of the code's
`at`), the `call` and what it `is`, as strace shows both, `says` the same in words, and `set`: all of the state that has
changed. A call that does not return at once has two steps. `times` is how often the same happened.

quizzes is what build/lab/quiz has drawn, with the answers. lose_the_wake_up is another one: {"kind": "games", "title", "games": [{"title", "about" which line, "graph"}, …]}, where
each graph is the positions that the explorer finds, as it prints them. lab/explore/positions.hpp says what is in it.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import chapters  # noqa: E402
import tasks  # noqa: E402
from calls import read_calls  # noqa: E402
from kernel import Kernel, Surprise  # noqa: E402

ROOT = HERE.parents[2]
CLIENTS = 4
# The server says its process and its port to whoever runs the client, and is stopped when that is done.
PAIR = """sh -c 'echo $$ >&2; exec "$@"' sh "$0" --port 0 --delay "$3" 2>&1 >/dev/null |
{ read -r server; read -r line; "$1" --port "${line##*:}" --clients "$2" >/dev/null; kill "$server"; cat >/dev/null; }"""
TRACED = "socket,setsockopt,bind,listen,connect,accept4,poll,ppoll,epoll_create1,epoll_ctl,epoll_wait,epoll_pwait," \
         "read,write,close,clock_nanosleep,clone,clone3,execve,exit"
TITLES = {
    "01_blocking": "One after the other",
    "02_threads": "A thread for each",
    "03_nonblocking_busy": "Asking all the time",
    "04_poll": "The list, each time anew",
    "05_epoll_level": "The kernel keeps the list",
    "06_epoll_edge": "Each change is told once",
    "07_futures_tasks": "Tasks, wakers and a driver",
}

LOOK = {"function": "wait", "line": "if (const auto now = look(direction)) return leave(place, *now);"}
TICK = {"function": "clear", "line": "before / kTick == observed.word_ / kTick &&"}
GAMES = [
    ("Without the second look", LOOK, ["explore_broken", "--no-second-look", "--positions", "look"]),
    ("With it", LOOK, ["explore", "--positions", "look"]),
    ("Without the tick", TICK, ["explore_broken", "--no-tick", "--positions", "tick"]),
    ("With the tick", TICK, ["explore", "--positions", "tick"]),
]


class NoStrace(Exception):
    pass


def trace(build, chapter, delay):
    """The events of the chapter's server and client."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "trace"
        programs = [str(build / chapter / name) for name in ("server", "client")]
        command = ["strace", "-f", "-ttt", "-yy", "-s", "60", "-e", "trace=" + TRACED, "-o", str(file),
                   "sh", "-c", PAIR, *programs, str(CLIENTS), delay]
        try:
            done = subprocess.run(command, timeout=60, capture_output=True, text=True)
        except FileNotFoundError:
            raise NoStrace("there is no strace")
        if "ptrace" in done.stderr.lower():
            raise NoStrace("strace may not trace here (a container needs the capability SYS_PTRACE)")
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return read_calls(file.read_text().splitlines())


def counted(count, what):
    return f"{count} {what}" + ("" if count == 1 else "s")


def quoted(text):
    """The line in the strace's quotes."""
    found = re.search(r'"((?:[^"\\]|\\.)*)"', text)
    return found[1].replace("\\n", "\n") if found else ""


class Recorder:
    """Goes through the events, and makes the steps."""

    def __init__(self, chapter, events):
        self.chapter, self.events = chapter, events
        self.kernel = Kernel()
        self.steps, self.shown = [], {}
        self.names = {}
        self.bars = []
        self.clients = {}    # by (pid of the client program's thread, descriptor) while it is open
        self.by_port = {}
        self.threads = {}    # pid of the server: {"name", "does"}
        self.started = 0     # threads, besides the main one
        self.tokens = {}
        self.late = []       # (client, connect) that has not returned: it may be in the queue
        self.meanwhile = []
        self.server = self.client = None
        self.begin = None

    def run(self):
        for index, event in enumerate(self.events):
            call = event.call
            stopped = event.kind == "stopped" or (event.kind == "ends" and re.search("EINTR|ERESTART", call.result))
            if stopped and call.pid == self.server:
                break
            if call.name == "execve" and event.kind == "begins":
                if re.match(r'execve\("[^"]*/server"', call.text):
                    self.server, self.threads[call.pid] = call.pid, {"name": "main", "does": ""}
                elif re.match(r'execve\("[^"]*/client"', call.text):
                    self.client, self.client_pids = call.pid, {call.pid}
            elif call.pid in self.threads and self.server:
                self.of_server(event, index)
            elif self.client and (call.pid in self.client_pids or call.name in ("connect", "read", "close", "clone3", "clone")):
                if call.pid in self.client_pids or self.is_clients(call):
                    self.client_pids.add(call.pid)
                    self.of_client(event, index)
        if self.meanwhile:
            self.step(event.time, "the clients", self.steps[-1]["at"], "", "", "All have read all.")
        return self

    def is_clients(self, call):
        return any("TCP" in place for place in call.fds.values()) and call.pid not in self.threads

    # The clients:

    def of_client(self, event, index):
        call = event.call
        key = (call.fd, )
        if call.name == "connect" and event.kind == "begins" and "AF_INET" in call.text:
            number = len(self.bars) + 1
            self.clients[key] = number
            self.bars.append([None, None, None])
            self.by_port[self.port_of(call.fd, index)] = number
            self.late.append((number, call))
        elif call.name == "connect" and event.kind == "ends" and key in self.clients:
            self.arrive(self.clients[key], call, event.time)
        elif call.name == "read" and event.kind == "ends" and key in self.clients and not call.failed:
            self.read(self.clients[key], call, event.time)
        elif call.name == "close" and event.kind == "begins" and key in self.clients:
            del self.clients[key]

    def port_of(self, fd, index):
        """The client's own port, which strace tells when it first reads."""
        for later in self.events[index:]:
            place = later.call.fds.get(fd, "")
            found = re.search(r":(\d+)->", place)
            if found and later.call.pid not in self.threads and later.call.name in ("read", "close"):
                return int(found[1])
        raise Surprise(f"nobody reads from the client's descriptor {fd}")

    def arrive(self, number, call, time):
        if any(number == late for late, _ in self.late):
            self.late = [entry for entry in self.late if entry[0] != number]
            self.bars[number - 1][0] = time
            self.kernel.arrives(number)
            self.step(time, f"client {number}", None, call.whole, f"= {call.result}",
                      f"Client {number} connects. The kernel does all of that alone: the connection waits in the queue.")

    def arrive_early(self, number=None):
        """Before its connect has returned: or what the server has just seen would not be there."""
        for late, call in self.late:
            if number in (None, late):
                self.arrive(late, call, self.events[self.index].time)
                return

    def read(self, number, call, time):
        text = quoted(call.whole)
        count = int(call.result.split()[0])
        self.kernel.reads(number, count)
        for line in text.splitlines():
            which = 1 if line.startswith("start") else 2
            self.bars[number - 1][which] = time
        self.meanwhile.append(f"Client {number} has read “{text.strip()}”." if count else f"Client {number} has read the end of file.")

    # The server:

    def of_server(self, event, index):
        call, name = event.call, event.call.name
        self.index = index
        thread = self.threads[call.pid]
        if event.kind == "exits":
            del self.threads[call.pid]
            return
        handler = getattr(self, "on_" + name.replace("epoll_pwait", "epoll_wait").replace("ppoll", "poll"), None)
        if handler:
            handler(event, call, thread)

    def call_step(self, event, at, says, is_=None):
        call = event.call
        ended = event.kind == "ends"
        who = self.threads[call.pid]
        who["does"] = call.name if is_ == "waits" else ""
        text = call.whole if ended or is_ is not None and is_ != "waits" else call.text
        if not ended and not text.endswith(")"):
            text += " …"
        self.step(event.time, who["name"], at, text, is_ or f"= {call.result}", says)

    def at_once(self, event):
        """For a call that does not wait: one step, where it begins."""
        return event.kind == "begins"

    def waits(self, event):
        """For one that may: whether it has to be shown that it does, and what is to be shown of it at its end."""
        return event.kind == "begins" and (not event.call.ended or event.call.ended - event.call.begun > 0.005)

    def on_socket(self, event, call, thread):
        if self.at_once(event) and "AF_INET" in call.text:
            self.begin = self.begin or event.time
            self.kernel.listener = int(call.result)
            self.names[call.result] = "the listener"
            self.call_step(event, "setup", "A socket: so far it is only a number.", f"= {call.result}")

    def on_bind(self, event, call, thread):
        if self.at_once(event):
            self.call_step(event, "setup", "The socket gets its address and its port. (0 stands for any that is free.)", f"= {call.result}")

    def on_listen(self, event, call, thread):
        if self.at_once(event):
            self.call_step(event, "setup", "From now on the kernel takes in connections, and keeps them in a queue.", f"= {call.result}")

    def on_accept4(self, event, call, thread):
        who = self.name(thread)
        if self.waits(event) and "SOCK_NONBLOCK" not in call.text:
            self.call_step(event, "accept", f"{who} waits in accept4: nobody is in the queue.", "waits")
        elif event.kind == "ends" and call.failed:
            if "EAGAIN" in call.result:
                self.call_step(event, "accept", "Is anybody in the queue? Nobody: accept4 says so at once, and does not wait.")
        elif event.kind == "ends":
            fd = int(call.result)
            number = self.by_port.get(int(re.search(r"->.*:(\d+)\]", call.fds[fd])[1]))
            self.arrive_early(number)
            self.kernel.accepts(number, fd)
            self.call_step(event, "accept", f"accept4 takes the connection of client {number} out of the queue. It is descriptor {fd} from now on.")

    def on_clone3(self, event, call, thread):
        if event.kind == "ends":
            child = int(call.result)
            self.started += 1
            self.threads[child] = {"name": f"thread {self.started}", "does": ""}
            self.steps_clone(event, f"thread {self.started}")

    on_clone = on_clone3

    def steps_clone(self, event, name):
        event.call.text, event.call.left = f"{event.call.name}({{flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD|…}}, …)", ""
        self.call_step(event, "thread", f"The main thread starts {name} for this connection, and goes back to accept4.")

    def on_write(self, event, call, thread):
        if not self.at_once(event):
            return
        text = quoted(call.text)
        if call.fd == 2:
            at = "setup" if text.startswith("listening") else "statistics"
            self.call_step(event, at, f"The server says “{text.strip()}”.", f"= {call.result}")
        elif call.fd in self.kernel.sockets:
            client = self.kernel.sockets[call.fd]["client"]
            self.kernel.writes(call.fd, text)
            at = "start" if text.startswith("start") else "end"
            self.call_step(event, at, f"“{text.strip()}”: {counted(len(text), 'byte')} are copied into the kernel, for client {client}. write does not wait for anybody to read them.", f"= {call.result}")

    def on_close(self, event, call, thread):
        if not self.at_once(event):
            return
        if call.fd in self.kernel.sockets:
            client = self.kernel.sockets[call.fd]["client"]
            self.kernel.closes(call.fd)
            at = "close" if thread["name"] == "main" or self.chapter == "02_threads" else "close"
            leaves = " epoll forgets it, too." if self.kernel.epoll else ""
            self.call_step(event, at, f"The connection of client {client} is closed. Who reads what is left gets the end of file after it.{leaves}", f"= {call.result}")
        elif call.fd == self.kernel.listener and self.begin:
            self.kernel.closes(call.fd)
            self.kernel.listener = None
            self.call_step(event, self.steps[-1]["at"], "The listener is closed.", f"= {call.result}")

    def on_clock_nanosleep(self, event, call, thread):
        who = self.name(thread)
        if event.kind == "begins":
            others = " Nobody else can do its work meanwhile." if self.chapter == "01_blocking" else " The other threads go on."
            self.call_step(event, "sleep", f"{who} sleeps.{others}", "waits")
        else:
            event.call.text, event.call.left = event.call.text.rstrip(",)") + ", …)", ""
            event.call.result = "0"
            self.call_step(event, "sleep", f"{who} is awake: its time is over.")

    def on_poll(self, event, call, thread):
        if event.kind == "begins":
            entries = [(int(fd), events or "0") for fd, events in
                       re.findall(r"\{fd=(-?\d+)(?:, events=([\w|]+))?\}", call.text)]
            self.kernel.polls(entries)
            for fd, place in call.fds.items():
                if place.startswith("pipe:"):
                    self.names[str(fd)] = "the signals"
            nobody = sum(fd == -1 for fd, _ in entries)
            extra = " (-1: nothing there to look at.)" if nobody else ""
            self.call_step(event, "wait", f"poll brings the whole list along, {counted(len(entries), 'entry').replace('entrys', 'entries')}, and the kernel looks at each.{extra}", "waits" if self.waits(event) else "…")
        else:
            ready = [(int(fd), what) for fd, what in re.findall(r"\{fd=(\d+), revents=([\w|]+)\}", call.result)]
            if any(fd == self.kernel.listener for fd, _ in ready) and not self.kernel.queue:
                self.arrive_early()
            before = len(self.kernel.poll)
            self.kernel.polled(ready)
            which = ", ".join(self.fd_name(fd) for fd, _ in ready)
            says = f"poll is back. Ready: {which}." if ready else "poll is back: nothing is ready, but the time is over."
            self.call_step(event, "wait", f"{says} The kernel has forgotten the list of {before}.")

    def fd_name(self, fd):
        if fd in self.kernel.sockets:
            return f"{fd} (client {self.kernel.sockets[fd]['client']})"
        name = self.names.get(str(fd))
        return f"{fd} ({name})" if name else str(fd)

    def on_epoll_create1(self, event, call, thread):
        if self.at_once(event):
            self.begin = self.begin or event.time
            self.kernel.epoll = {"interest": {}, "ready": []}
            self.names[call.result] = "epoll"
            self.call_step(event, "epoll", "The kernel makes two lists: what is of interest, and what is ready. Both are empty.", f"= {call.result}")

    def on_epoll_ctl(self, event, call, thread):
        if not self.at_once(event):
            return
        operation, fd, events, token = re.search(r"EPOLL_CTL_(\w+), (\d+), \{events=([\w|]+), data=\{u32=\d+, u64=(\d+)\}", call.text).groups()
        fd = int(fd)
        self.tokens[token] = fd
        at = "watch"
        if fd == self.kernel.listener:
            at = "watch the listener"
        elif fd not in self.kernel.sockets:
            self.names[str(fd)] = "the signals"
            at = "epoll"
        self.kernel.watches(fd, events)
        ready = fd in self.kernel.epoll["ready"]
        if operation == "ADD":
            says = f"Descriptor {self.fd_name(fd)} goes on the list of what is of interest, for good." + (" It is ready already, so it is on the other list, too." if ready else "")
        else:
            says = f"Descriptor {self.fd_name(fd)} stays on the list. What is asked of it changes to " + ("nothing." if events == "0" else events + ".")
        self.call_step(event, at, says, f"= {call.result}")

    def on_epoll_wait(self, event, call, thread):
        if event.kind == "begins":
            before = list(self.kernel.epoll["ready"])
            self.kernel.epoll_waits()
            gone = [fd for fd in before if fd not in self.kernel.epoll["ready"]]
            dropped = f" (The kernel has looked at {', '.join(map(str, gone))} again: it is not ready any more.)" if gone else ""
            if self.waits(event) or gone:
                is_ = "waits" if self.waits(event) else "…"
                thread["does"] = "epoll_wait" if is_ == "waits" else ""
                self.step(event.time, thread["name"], "wait", f"epoll_wait({call.fd}, …", is_,
                          f"epoll_wait brings no list along: the kernel has it.{dropped}")
            return
        tokens = re.findall(r"\{events=([\w|]+), data=\{u32=\d+, u64=(\d+)\}\}", call.left or call.whole)
        told = [self.tokens[token] for _, token in tokens]
        if self.kernel.listener in told and self.kernel.listener not in self.kernel.epoll["ready"]:
            self.arrive_early()
        self.kernel.epoll_told(told)
        if not told:
            says = "epoll_wait is back: nothing is ready, but the time is over."
        else:
            says = f"epoll_wait is back, with what was on the ready list: {', '.join(self.fd_name(fd) for fd in told)}."
            stays = [fd for fd in told if fd in self.kernel.epoll["ready"]]
            if stays:
                says += " It stays there (level): the kernel will look whether it still holds."
            elif any("EPOLLET" in self.kernel.epoll["interest"][fd] for fd in told):
                says += " The list is empty now: an edge is told once."
        self.call_step(event, "wait", says)

    def name(self, thread):
        return ("The " if thread["name"] == "main" else "") + (thread["name"] + " thread" if thread["name"] == "main" else thread["name"].capitalize())

    # The steps:

    def step(self, time, who, at, call, is_, says):
        if self.begin is None:
            return
        state = self.kernel.state()
        state["threads"] = [[one["name"], one["does"]] for one in self.threads.values()]
        if self.fold(who, call, is_, time):
            return
        changed = {key: value for key, value in state.items() if self.shown.get(key) != value}
        self.shown.update(json.loads(json.dumps(changed)))
        step = {"t": round(time - self.begin, 6), "who": who, "at": at or (self.steps[-1]["at"] if self.steps else "setup"),
                "call": call, "is": is_, "says": says}
        if self.meanwhile:
            step["meanwhile"] = self.meanwhile
            self.meanwhile = []
        step["set"] = changed
        self.steps.append(step)

    def fold(self, who, call, is_, time):
        """The same again, as the busy loop does: that is one step."""
        if not self.steps or "EAGAIN" not in is_:
            return False
        last = self.steps[-1]
        if (last["who"], last["call"], last["is"]) != (who, call, is_):
            return False
        last["times"] = last.get("times", 1) + 1
        last["until"] = round(time - self.begin, 6)
        return True

    def recording(self, delay):
        end = self.steps[-1]["t"]
        bars = [[round(time - self.begin, 3) for time in bar] for bar in self.bars]
        return {"kind": "calls", "chapter": self.chapter, "title": TITLES[self.chapter], "made": made(self.chapter), "delay": delay,
                "end": end, "code": chapters.code_of(ROOT, self.chapter), "names": self.names, "bars": bars,
                "steps": self.steps}


def made(chapter):
    """The commit is the last one that has changed anything of what runs."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%h", "--", chapter, "common"]
    commit = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return {"commit": commit, "system": f"Linux {platform.release().split('-')[0]}, {platform.machine()}"}


def record(build, chapter, delay=1.0, tries=5):
    """A recording of that chapter. Where the order in which strace saw the calls of two processes is not that in which
    they took place, it is tried again."""
    milliseconds = f"{round(delay * 1000)}ms"
    if chapter == "07_futures_tasks":
        return tasks.record(build, CLIENTS, delay, TITLES[chapter], made(chapter), chapters.code_of(ROOT, chapter))
    for left in reversed(range(tries)):
        try:
            return Recorder(chapter, trace(build, chapter, milliseconds)).run().recording(delay)
        except Surprise as surprise:
            if not left:
                raise
            print(f"{chapter}: {surprise}; again", file=sys.stderr)


def games(build):
    """What the explorer prints, as it does."""
    parts = []
    for title, about, (program, *words) in GAMES:
        about = {**about, "left_out": program == "explore_broken"}
        graph = subprocess.run([build / "lab" / program, *words], check=True, capture_output=True, text=True).stdout
        parts.append(f'{{"title": {json.dumps(title)}, "about": {json.dumps(about)}, "graph":\n{graph}}}')
    return '{"kind": "games", "title": "Lose the wake-up", "games": [\n' + ",\n".join(parts) + "]}\n"


def quizzes(build):
    return subprocess.run([build / "lab" / "quiz", "--book", "8"], check=True, capture_output=True, text=True).stdout


OTHERS = {"lose_the_wake_up": games, "quizzes": quizzes}


def text_of(recording):
    """A line for each step, so that it can be read, and a diff as well."""
    def lines(values):
        return "[\n  " + ",\n  ".join(json.dumps(value, ensure_ascii=False) for value in values) + "]"
    parts = []
    for key, value in recording.items():
        if key == "code":
            text = "{" + f'"file": {json.dumps(value["file"])}, "at": {json.dumps(value["at"])},\n "lines": {lines(value["lines"])}' + "}"
        elif key in ("steps",):
            text = lines(value)
        else:
            text = json.dumps(value, ensure_ascii=False)
        parts.append(f'"{key}": {text}')
    return "{" + ",\n ".join(parts) + "}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapters", metavar="NAME", nargs="*", help="01_blocking, …, lose_the_wake_up; without one, all")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where the programs are")
    parser.add_argument("--into", type=Path, default=HERE.parent / "recordings", help="where the recordings go")
    parser.add_argument("--takes", type=int, default=5, help="run each so often, and keep the one in which least was waited for the machine")
    parser.add_argument("--lines", action="store_true", help="run nothing: find the lines again, in the sources of today")
    arguments = parser.parse_args()
    try:
        for chapter in arguments.chapters or [*chapters.LINES, *OTHERS]:
            file = arguments.into / f"{chapter}.json"
            if chapter in OTHERS:
                if not arguments.lines:
                    file.write_text(OTHERS[chapter](arguments.build.resolve()))
                continue
            if arguments.lines:
                recording = {**json.loads(file.read_text()), "code": chapters.code_of(ROOT, chapter)}
            else:
                takes = [record(arguments.build.resolve(), chapter) for _ in range(arguments.takes)]
                recording = min(takes, key=lambda take: take["end"])
            file.write_text(text_of(recording))
            print(f"{file}: {counted(len(recording['steps']), 'step')}")
    except (NoStrace, chapters.Moved, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
