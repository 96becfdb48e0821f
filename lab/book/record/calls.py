"""What did a server and its clients ask of the kernel? The lines that strace has written of both, as events.

An event is where a call begins or where it ends, in the order in which the one strace saw them.
"""

import re
from dataclasses import dataclass, field

LINE = re.compile(r"(\d+) +(\d+\.\d+) (.*)")
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
TOOK = re.compile(r" <(\d+\.\d+)>$")  # what -T says
PLACE = re.compile(r"(?<![\w\"])(\d+)<([A-Za-z_]+:\[[^\]]*\]|[^<>\"]*(?:<[^<>]*>)?)>")
UNFINISHED = " <unfinished ...>"


@dataclass
class Call:
    pid: int
    name: str
    text: str            # its arguments, as strace shows them: "accept4(5, NULL, NULL, SOCK_CLOEXEC"
    begun: float
    result: str = ""     # "6", "-1 EAGAIN (Resource temporarily unavailable)"
    ended: float = 0.0
    left: str = ""       # what the kernel has filled in: the rest of its arguments
    fds: dict = field(default_factory=dict)  # what strace says of each descriptor: {5: "TCP:[127.0.0.1:8000]"}
    waited: bool = False  # something else happened before it ended
    shown: bool = False   # where it begins is a step of its own

    @property
    def fd(self):
        """The descriptor that it is about."""
        found = re.match(r"\w+\((-?\d+)", self.text)
        return int(found[1]) if found else None

    @property
    def failed(self):
        return self.result.startswith("-1")

    @property
    def whole(self):
        """As strace shows it."""
        return f"{self.text}{self.left}"


@dataclass
class Event:
    kind: str            # "begins", "ends", "exits", "stopped" by a signal
    call: Call
    time: float


def plain(text, fds):
    """Without what -yy says of each descriptor, which goes into `fds`."""
    def note(found):
        fds[int(found[1])] = found[2]
        return found[1]
    return PLACE.sub(note, text)


def read_calls(lines):
    """The events. A call that ends in the line in which it begins has two as well."""
    events, open_calls = [], {}
    for line in lines:
        found = LINE.match(line)
        if not found:
            continue
        pid, time, text = int(found[1]), float(found[2]), found[3]
        if text.startswith("+++"):
            events.append(Event("exits", Call(pid, "exit", "", time), time))
        elif text.startswith("--- SIGTERM"):
            events.append(Event("stopped", Call(pid, "signal", "", time), time))
        elif resumed := RESUMED.match(text):
            if pid in open_calls:
                end(open_calls.pop(pid), resumed[2], time, events)
        elif re.match(r"\w+\(", text):
            unfinished = text.endswith(UNFINISHED)
            text = text.removesuffix(UNFINISHED)
            call = Call(pid, text[:text.index("(")], "", time)
            events.append(Event("begins", call, time))
            if unfinished:
                call.text = plain(text, call.fds).rstrip()
                open_calls[pid] = call
            else:
                end(call, text, time, events)
    # Whether there is room for a line on standard error is no part of a server's story.
    return [event for event in events if not re.match(r"p?poll\(\[\{fd=2\b", event.call.text)]


def end(call, rest, time, events):
    took = TOOK.search(rest)
    if took:
        rest = rest[:took.start()]
        # Nothing came between: then strace says only when it began.
        time = max(time, call.begun + float(took[1]))
    arguments, _, result = rest.rpartition(" = ")
    fds = {}
    arguments = plain(arguments, fds)
    call.result = plain(result, fds)
    call.fds.update(fds)
    call.ended = time
    if call.text:
        call.left = " " + arguments.strip() if arguments.strip() not in (")", "") and call.text.endswith(",") else arguments.strip()
        call.waited = True
    else:
        call.text = arguments.rstrip()
    events.append(Event("ends", call, time))
