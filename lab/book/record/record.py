#!/usr/bin/env python3
"""Records what the player plays, from real runs of the chapters' programs.

  cmake --build build --target recordings          all of them, into lab/book/recordings
  lab/book/record/record.py --build build 04_poll  one of them
  lab/book/record/record.py --lines                no run: only where the lines are that the recordings show

A recording is JSON: {"kind": "calls" or "trace", "chapter", "title", "watch": what to watch for, "made": where and when, "delay" and "end" in
seconds, "code": see chapters.py, "names": what each descriptor is, "bars": [[when client 1 has connected, got "start",
got "end"], …], "moments": [[step, its name], …] (see moments.py), "steps"}. A step has the time `t` in seconds, `who`
takes it, the line `at` which (a key of the code's `at`), the `call` and what it `is`, as strace shows both, `says` the
same in words, and `set`: all of the state that has changed (of the `tasks`, those that have). Of a longer list that strace
shows, a step has only the beginning. A call that does not return at once has two steps. `times` is how often the same
happened, and `meanwhile` what clients have read since the step before, or, where the server sleeps, until `until`.

forty_thousand is {"kind": "cases", "title", "cases": [{"name", …}, …]}: recordings of three echo servers with the same client
(see echo.py), without bars, and with the client's `bytes`. wake_the_poller is the same with programs that have a poller (see
poller.py), and with each descriptor's `tokens`. "choice" asks for one of the cases.

two_rings is {"kind": "rings", …}: a recording without bars. Its state is what the two rings have (see rings.py), and its
`tally` counts entries, calls and completions.

quizzes is what build/lab/quiz has drawn, with the answers. lose_the_wake_up is {"kind": "games", "title", "games":
[{"title", "about" which line, "graph"}, …]}, where each graph is the positions that the explorer finds, as it prints
them. lab/explore/positions.hpp says what is in it.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import chapters  # noqa: E402
import echo  # noqa: E402
import poller  # noqa: E402
import rings  # noqa: E402
import tasks  # noqa: E402
from calls import read_calls  # noqa: E402
from kernel import Surprise  # noqa: E402
from moments import moments_of, states_of  # noqa: E402
from steps import Steps, counted  # noqa: E402

ROOT = HERE.parents[2]
CLIENTS = 10
# The server says its process and its port to whoever runs the client, and is stopped when that is done.
PAIR = """sh -c 'echo $$ >&2; exec "$@"' sh "$0" --port 0 --delay "$3" 2>&1 >/dev/null |
{ read -r server; read -r line; "$1" --port "${line##*:}" --clients "$2" >/dev/null; kill "$server"; cat >/dev/null; }"""
# bash connects, and dd writes all in one go. Whatever comes back is waited for, but not for ever.
ECHO_PAIR = """sh -c 'echo $$ >&2; exec "$@"' sh "$0" --port 0 $1 2>&1 >/dev/null |
{ read -r server; read -r line; exec 3<> "/dev/tcp/127.0.0.1/${line##*:}"; dd if=/dev/zero bs="$2" count=1 status=none >&3
  timeout "$3" head -c "$2" <&3 >/dev/null; kill "$server"; cat >/dev/null; }"""
# The datagram is sent half a tick after the first one: nothing else comes before that. With the third tick the sleep after the
# second one is over.
MIXED = """sh -c 'echo $$; exec "$@"' sh "$0" --port 0 --delay "$1" 2>&1 |
{ read -r program; read -r line; read -r tick; read -rt "$2"; echo hello > "/dev/udp/127.0.0.1/${line##*:}"; read -r datagram; read -r tick; read -r tick
  kill "$program"; cat >/dev/null; }"""
TRACED = "socket,bind,listen,connect,accept4,?poll,?ppoll,epoll_create1,epoll_ctl,?epoll_wait,?epoll_pwait," \
         "read,write,close,clock_nanosleep,clone,?clone3,execve,exit"  # not every processor has all of them
TITLES = {
    "01_blocking": "One after the other",
    "02_threads": "A thread for each",
    "03_nonblocking_busy": "Asking all the time",
    "04_poll": "The list, each time anew",
    "05_epoll_level": "The kernel keeps the list",
    "06_epoll_edge": "Each change is told once",
    "07_futures_tasks": "Tasks, wakers and a driver",
}

# What to watch for: each is a question that the run answers.
WATCH = {
    "01_blocking": "Client 1 is served. Where are the other nine, and what does the one thread do?",
    "02_threads": "Who sleeps while the main thread is back in accept4? Count the threads when all ten clients are there.",
    "03_nonblocking_busy": "How often does the server ask, and how often does anybody have something to say?",
    "04_poll": "Watch poll's list. What does the kernel still have of it when poll is back?",
    "05_epoll_level": "Watch the two lists. When does the listener get on the ready list, and what takes it off again?",
    "06_epoll_edge": "Watch the two lists again. When does the listener leave the ready list now?",
    "07_futures_tasks": "Follow task 2. Who has its waker while it is suspended, and who puts it into the queue?",
}

# What the run has answered by its last step, where that is said. Chapter 07's is in tasks.py.
ANSWERS = {
    "01_blocking": "While one client was served, the others waited in the kernel's queue, and the one thread slept.",
    "02_threads": "Each client had a thread that slept for it, while the main thread was in accept4: eleven threads for ten clients.",
    "03_nonblocking_busy": "The server has asked {asked:,} times, and {came} times somebody had come.",
    "04_poll": "What the kernel still had of a list when poll was back: nothing. So all {copied} entries had to be brought along.",
    "05_epoll_level": "A client in the queue put the listener on the ready list. The first epoll_wait that found the queue empty took it off.",
    "06_epoll_edge": "The listener left the ready list with the epoll_wait that told of it, whoever was still in the queue. Only somebody new put it there again.",
}

# Three servers and the same client: the name of each choice, the chapter, its flag, what to watch for, and what else the
# last step says of that.
FORTY_THOUSAND = ("Forty thousand bytes at once", "Which server?")
ECHOES = [
    ("level (05)", "05_epoll_level", "", "The server reads 16,384 bytes at a time. Who tells it that there are more?",
     "Each epoll_wait told the server that there were more."),
    ("edge, --no-drain (06)", "06_epoll_edge", "--no-drain", "The server still reads 16,384 bytes at a time. Who tells it now?", ""),
    ("edge (06)", "06_epoll_edge", "", "One edge, and how many reads? How does the server know that it may stop?",
     "One edge, and three reads: the last one got fewer bytes than it had asked for."),
]

# Three programs with a poller: the name of each choice, the program, what records it, what to watch for; a shell's script,
# and whom strace holds up in it.
AT_ONCE = 'exec "$0" >/dev/null'
GAP = ("-e", f"inject=?epoll_wait,?epoll_pwait:delay_enter={round(poller.HELD * 1e6)}:when=2")
WAKES = [
    ("asleep: poller_mixed", "poller_mixed", poller.Mixed, "Both threads sleep. What does epoll_wait say of a tick, and what of a datagram?", MIXED, ()),
    ("about to sleep: poller_pipe", "poller_pipe", poller.Pipe, "The main thread has noted “I sleep now”, and does not sleep yet. Is a wake-up lost that comes now?", AT_ONCE, GAP),
    ("oneshot: poller_triggers", "poller_triggers", poller.Triggers, "Two bytes lie in the pipe, and epoll_wait says nothing. What has made it deaf, and what arms it again?", AT_ONCE, ()),
]

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
    return strace(60, "sh", PAIR, *(str(build / chapter / name) for name in ("server", "client")), str(CLIENTS), delay)


def strace(length, shell, script, *words, traced=TRACED, more=()):
    """The events of a shell's script; of each text that is read or written, so much."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "trace"
        command = ["strace", "-f", "-ttt", "-T", "-yy", "-s", str(length), "-e", "trace=" + traced, *more, "-o", str(file),
                   shell, "-c", script, *words]
        try:
            done = subprocess.run(command, timeout=60, capture_output=True, text=True)
        except FileNotFoundError:
            raise NoStrace("there is no strace")
        if "ptrace" in done.stderr.lower():
            raise NoStrace("strace may not trace here (a container needs the capability SYS_PTRACE)")
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return read_calls(file.read_text().splitlines())


def made(chapter):
    """The commit is the last one that has changed anything of what runs."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%h", "--", chapter, "common"]
    commit = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return {"commit": commit, "system": f"Linux {platform.release().split('-')[0]}, {platform.machine()}"}


def until_quiet(name, tries, take):
    """take(1), or take(2), …: where the order in which strace saw the calls of two processes is not that in which they took
    place, or a machine is so busy that somebody came too late, it is tried again."""
    for number in range(1, tries + 1):
        try:
            return take(number)
        except Surprise as surprise:
            if number == tries:
                raise
            print(f"{name}: {surprise}; again", file=sys.stderr)


def record_echo(build, number, patience=1.0, tries=20):
    """One of ECHOES."""
    name, chapter, flag, watch, answered = ECHOES[number]

    def take(_):
        program = str(build / chapter / "echo_server")
        events = strace(8, "bash", ECHO_PAIR, program, flag, str(echo.BYTES), str(patience))
        done = echo.EchoSteps(chapter, events).run()
        steps = done.steps
        steps[-1]["says"] += f" {answered}" * bool(answered)
        return {"name": name, "kind": "calls", "chapter": chapter, "watch": watch, "made": made(chapter),
                "bytes": echo.BYTES, "end": steps[-1]["t"], "code": chapters.code_of(ROOT, chapter, "echo_server"),
                "names": done.names, "moments": moments_of(name, steps), "steps": steps}
    return until_quiet(name, tries, take)


def record_wake(build, number, delay=1.0, tries=20):
    """One of WAKES. When it is tried again, who came too late has more time."""
    name, program, kind, watch, script, more = WAKES[number]

    def take(times):
        events = strace(80, "bash", script, str(build / "06_epoll_edge" / program), f"{round(delay * times * 1000)}ms", str(delay * times / 2),
                        traced=TRACED + ",eventfd2,futex,pipe2,recvfrom", more=more)
        done = kind("06_epoll_edge", events).run()
        return {"name": name, "kind": "poller", "chapter": "06_epoll_edge", "watch": watch, "made": made("06_epoll_edge"),
                "end": done.steps[-1]["t"], "code": chapters.code_of(ROOT, "06_epoll_edge", program), "names": done.names,
                "tokens": {str(fd): token for token, fd in done.tokens.items()}, "moments": moments_of(name, done.steps), "steps": done.steps}
    return until_quiet(name, tries, take)


def wakes(build):
    return text_of_cases("Wake a thread that sleeps in epoll_wait", "Which run?", [record_wake(build, number) for number in range(len(WAKES))])


def echoes(build):
    return text_of_cases(*FORTY_THOUSAND, [min((record_echo(build, number) for _ in range(3)), key=lambda take: len(take["steps"])) for number in range(len(ECHOES))])


def record_rings(build, tries=20):
    """Of the server on two rings."""
    code = chapters.code_of(ROOT, rings.CHAPTER, rings.PROGRAM)

    def take(_):
        steps = rings.RingSteps(code).run(build).steps
        return {"kind": "rings", "chapter": rings.CHAPTER, "title": "Two rings", "watch": rings.WATCH, "made": made(rings.CHAPTER),
                "end": steps[-1]["t"], "code": code, "names": {}, "moments": moments_of("two_rings", steps), "steps": steps}
    return until_quiet("two_rings", tries, take)


def two_rings(build):
    return text_of(min((record_rings(build) for _ in range(3)), key=lambda take: len(take["steps"])))


def text_of_cases(title, choice, cases):
    cases = map(text_of, cases)
    return f'{{"kind": "cases", "title": {json.dumps(title)}, "choice": {json.dumps(choice)}, "cases": [\n' + ",\n".join(case.rstrip() for case in cases) + "]}\n"


def answer(chapter, steps):
    """In the words of the last step."""
    asked = [step.get("times", 1) for step in steps if step["at"] == "accept" and step["who"] == "main"]
    came = sum(step["at"] == "accept" and step["is"].removeprefix("= ").isdigit() and step["who"] == "main" for step in steps)
    copied = max(state.get("poll", {}).get("copied", 0) for state in states_of(steps))
    steps[-1]["says"] += " " + ANSWERS[chapter].format(asked=sum(asked), came=came, copied=copied)


def recording_of(steps, delay):
    answer(steps.chapter, steps.steps)
    return {"kind": "calls", "chapter": steps.chapter, "title": TITLES[steps.chapter], "watch": WATCH[steps.chapter], "made": made(steps.chapter),
            "delay": delay, "end": steps.steps[-1].get("until", steps.steps[-1]["t"]), "code": chapters.code_of(ROOT, steps.chapter), "names": steps.names,
            "bars": [[round(time - steps.begin, 6) for time in bar] for bar in steps.bars],
            "moments": moments_of(steps.chapter, steps.steps), "steps": steps.steps}


def record(build, chapter, delay=1.0, tries=5):
    """A recording of that chapter."""
    milliseconds = f"{round(delay * 1000)}ms"
    if chapter == "07_futures_tasks":
        return tasks.record(build, CLIENTS, delay, TITLES[chapter], WATCH[chapter], made(chapter), chapters.code_of(ROOT, chapter))
    return until_quiet(chapter, tries, lambda _: recording_of(Steps(chapter, trace(build, chapter, milliseconds)).run(), delay))


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


OTHERS = {"forty_thousand": echoes, "wake_the_poller": wakes, "lose_the_wake_up": games, "quizzes": quizzes, "two_rings": two_rings}


def text_of(recording):
    """A line for each step, so that it can be read, and a diff as well."""
    def lines(values):
        return "[\n  " + ",\n  ".join(json.dumps(value, ensure_ascii=False) for value in values) + "]"
    parts = []
    for key, value in recording.items():
        if key == "code":
            text = "{" + f'"file": {json.dumps(value["file"])}, "at": {json.dumps(value["at"])},\n "lines": {lines(value["lines"])}' + "}"
        elif key == "steps":
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
    parser.add_argument("--takes", type=int, default=3, help="run each so often, and keep the one in which least was waited for the machine, most moments have a step of their own, and fewest steps are taken")
    parser.add_argument("--lines", action="store_true", help="run nothing: find the lines again, in the sources of today")
    arguments = parser.parse_args()
    try:
        for chapter in arguments.chapters or [*chapters.LINES, *OTHERS]:
            file = arguments.into / f"{chapter}.json"
            if chapter in OTHERS:
                if not arguments.lines:
                    file.write_text(OTHERS[chapter](arguments.build.resolve()))
                elif chapter in ("forty_thousand", "wake_the_poller"):
                    recording = json.loads(file.read_text())
                    cases = [{**case, "code": chapters.code_of(ROOT, *case["code"]["file"].removesuffix(".cpp").split("/"))} for case in recording["cases"]]
                    file.write_text(text_of_cases(recording["title"], recording["choice"], cases))
                elif chapter == "two_rings":
                    file.write_text(text_of({**json.loads(file.read_text()), "code": chapters.code_of(ROOT, rings.CHAPTER, rings.PROGRAM)}))
                continue
            if arguments.lines:
                recording = {**json.loads(file.read_text()), "code": chapters.code_of(ROOT, chapter)}
            else:
                takes = [record(arguments.build.resolve(), chapter) for _ in range(arguments.takes)]
                recording = min(takes, key=lambda take: (round(take["end"], 1), -len(take["moments"]), len(take["steps"])))
            file.write_text(text_of(recording))
            print(f"{file}: {counted(len(recording['steps']), 'step')}")
    except (NoStrace, rings.NoRing, chapters.Moved, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
