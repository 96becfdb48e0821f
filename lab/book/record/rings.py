"""What is in the two rings of a server on io_uring, while three clients say four words? Its system calls do not tell: strace sees
io_uring_enter, and no entry and no completion. So gdb stops the server, and ring_gdb.py reads its memory.

The clients are here. Client 1 comes, and speaks, while the server sleeps. Clients 2 and 3 come while gdb holds it at the kernel's door.
Read from memory are both rings, their heads and tails, and how many buffers were given back. What the kernel has is drawn from that:
what was handed over, less what was done for good. `Surprise` is raised where a completion does not go with it.
"""

import contextlib
import copy
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from pathlib import Path

from kernel import Surprise
from moments import in_words
from steps import counted

CHAPTER, PROGRAM = "07_futures_tasks", "echo_server_uring"
WATCH = "Follow the accept's one entry: how many completions does it give? And how many does one call bring, at the most?"
BUFFERS = 1024
PATIENCE = 30  # seconds, until something that must come has come
# Each operation as the server's Token names it: user_data is the client's number times 8, and this.
KINDS = {1: "stop", 2: "accept", 3: "receive", 4: "send"}
ENTER_FLAGS = {1: "IORING_ENTER_GETEVENTS", 8: "IORING_ENTER_EXT_ARG"}


class NoRing(Exception):
    pass


def owner_of(user_data):
    """("receive", 1): what is asked, and for which client."""
    return KINDS[user_data % 8], user_data // 8


def named(user_data):
    kind, client = owner_of(user_data)
    return f"client {client}'s {kind}" if client else {"stop": "the poll for a signal", "accept": "the accept"}[kind]


class Gdb:
    """The server, under gdb: where it has stopped, one event after the other."""

    def __init__(self, build):
        program = build / "lab" / "recorded_ring"
        if not shutil.which("gdb"):
            raise NoRing("there is no gdb")
        if not program.exists():
            raise NoRing(f"there is no {program} (it needs liburing, and g++)")
        script = Path(__file__).with_name("ring_gdb.py")
        self.process = subprocess.Popen(["gdb", "-batch", "-nx", "-x", str(script), "--args", str(program), "--port", "0"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={**os.environ, "DEBUGINFOD_URLS": ""})  # it would ask the network
        self.pid = self.port = None
        self.said, self.rest = [], b""
        try:
            self.pid = self.next()["pid"]
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """The server ends, and then gdb has nothing left to do."""
        if self.pid and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def there_is_something(self, seconds):
        return b"\n" in self.rest or bool(select.select([self.process.stdout], [], [], seconds)[0])

    def next(self):
        """The next event. What else is said is kept: among it the server's port."""
        end = time.monotonic() + PATIENCE
        while True:
            line, newline, rest = self.rest.partition(b"\n")
            if newline:
                self.rest = rest
                text = line.decode(errors="replace")
                if text.startswith("{"):
                    return json.loads(text)
                self.said.append(text)
                if text.startswith("listening on "):
                    self.port = int(text.rsplit(":", 1)[1])
                continue
            if not self.there_is_something(max(0, end - time.monotonic())):
                raise Surprise(f"the server has not come to a stop in {PATIENCE} seconds")
            more = self.process.stdout.read1(65536)
            if not more:
                raise self.why()
            self.rest += more

    def why(self):
        """Nothing has come of it: because something is missing here, or not."""
        if any("During startup program exited" in line for line in self.said):
            return NoRing("gdb may not trace here (a container needs the capability SYS_PTRACE)")
        lacks = next((line for line in self.said if re.search("io_uring_setup|Python scripting is not supported", line)), None)
        return NoRing(lacks) if lacks else RuntimeError("\n".join(self.said))

    def go_on(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def falls_asleep(self):
        """Waits until it sleeps in the call that it has gone into."""
        end = time.monotonic() + PATIENCE
        while not self.there_is_something(0.01):
            if Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "S":
                return
            if time.monotonic() > end:
                break
        raise Surprise("io_uring_enter does not sleep")


class RingSteps:
    def __init__(self, code):
        # A statement may go on in the next line.
        self.keys = {line + more: key for more in (1, 0) for key, line in code["at"].items()}
        self.steps, self.shown, self.said = [], {}, set()
        self.event = {"line": code["at"]["stop"], "submission": {"entries": []}}
        self.asleep = self.gone = False
        self.kernel = []        # the entries that are handed over, and not done for good
        self.buffers = []       # those of the kernel's that the program has: {"number", "client", "bytes"}
        self.sending = {}       # by client: what the kernel may still read
        self.clients = {}       # their sockets
        self.fds = set()        # the server's sockets, so far
        self.written = self.calls = self.came = self.most = self.taken = self.accepted = self.sent = 0
        self.begin = time.monotonic()

    def run(self, build):
        with Gdb(build) as self.gdb:
            try:
                while not (self.asleep and self.gone):
                    self.goes_on()
                    {"written": self.writes, "looks": self.looks, "enters": self.enters}[self.event["stop"]]()
            finally:
                for client in self.clients.values():
                    client.close()
        return self

    def goes_on(self):
        """To where it stops next."""
        self.gdb.go_on()
        self.stops()

    def stops(self):
        self.event = self.gdb.next()
        self.asleep = False
        if self.event["line"] not in self.keys:
            raise Surprise(f"the server has stopped in line {self.event['line']}, which is not one of chapters.py's")
        while self.taken - len(self.buffers) < self.event["given"] - BUFFERS:
            self.buffers.pop(0)

    # The clients:

    def connects(self, client):
        self.clients[client] = socket.create_connection(("127.0.0.1", self.gdb.port), timeout=PATIENCE)

    def speaks(self, client, word):
        self.clients[client].sendall(f"{word}\n".encode())

    def client_comes(self):
        self.connects(1)
        self.step("client 1", "connect(…)", "= 0", "Client 1 connects. The kernel has been told what to do then: accept.")

    def client_speaks(self):
        self.speaks(1, "one")
        self.step("client 1", r'write(…, "one\n", 4)', "= 4", "Client 1 writes “one”. For that, too, the kernel has an entry: client 1's receive.")

    def others_come(self):
        for client, word in ((2, "two"), (3, "three")):
            self.connects(client)
            self.speaks(client, word)
        self.speaks(1, "more")
        words = r'connect(…), write(…, "two\n", 4); connect(…), write(…, "three\n", 6); write(…, "more\n", 5)'
        self.step("the clients", words, "", "Before it gets any further, clients 2 and 3 connect, and write “two” and “three”. Client 1 writes “more”. (The debugger holds the server until they have.)")

    def client_leaves(self):
        self.clients.pop(1).close()
        self.gone = True
        self.step("client 1", "close(…)", "= 0", "Client 1 has both of its words back, and leaves.")

    def reads(self, client, word):
        got = b""
        while len(got) < len(word):
            got += self.clients[client].recv(len(word) - len(got)) or b"\0" * len(word)
        if got.decode() != word:
            raise Surprise(f"client {client} has read {got}, and not {word}")
        return f"Client {client} has read “{word.strip()}”."

    # The server writes an entry:

    def writes(self):
        entry = self.event["submission"]["entries"][-1]
        kind, client = owner_of(entry["user_data"])
        self.written += 1
        if kind == "send":
            self.sending[client] = entry["bytes"]
        if kind == "stop":
            says = "The server writes an entry into the first ring: say when a signal has come. That is memory, and nothing else: the kernel does not look."
        elif kind == "accept":
            says = "A second entry: accept whoever comes, again and again (multishot). Of this one, too, the kernel knows nothing yet."
        elif kind == "receive":
            says = f"An entry: receive what client {client} sends, again and again." \
                   + self.once(f" There is no buffer in it: the kernel has {BUFFERS:,}, and takes one when bytes have come.")
        else:
            says = f"An entry: send “{entry['bytes'].strip()}” back to client {client}." \
                   + self.once(" What goes back is a copy, and buffer 0 is the kernel's again. The copy is lent to it until the send is done: so long it must stay where it is.")
        text = f"io_uring_sqe {{opcode=IORING_OP_{entry['operation']}, fd={entry['fd']}, user_data={entry['user_data']}}}"
        self.step("main", text, "", says, kind)

    # It looks at a completion:

    def looks(self):
        done = self.event["completion"]["entries"][0]
        kind, client = owner_of(done["user_data"])
        result = done["result"]
        whose = f"user_data {done['user_data']}: that is {named(done['user_data'])}."
        again = self.once(" MORE says that the kernel keeps the entry: it may complete again.") if done["more"] else ""
        if kind == "accept":
            self.fds.add(result)
            says = f"{whose} Its result is a descriptor, {result}: client {len(self.fds)}.{again}"
        elif kind == "receive" and result:
            says = f"{whose} {counted(result, 'byte')} have come, in buffer {done['buffer']}" + self.once(", which the kernel has chosen: the server's, until it gives it back") + f".{again}"
        elif kind == "receive":
            says = f"{whose} 0 bytes: the client has ended. There is no MORE: now its entry is done for good, too, and the server closes the connection."
        else:
            says = f"{whose} {counted(result, 'byte')} are sent" + self.once(". What was lent for it is the server's again") + "."
        flags = "".join([", MORE"] * done["more"]) + (f", buffer {done['buffer']}" if "buffer" in done else "")
        self.step("main", f"io_uring_cqe {{user_data={done['user_data']}, res={result}{flags}}}", "", says, "look")

    # It calls:

    def enters(self):
        """Call 1 and call 2 sleep until client 1 does something, and so does each when all is done. Before call 3 the others come."""
        self.calls += 1
        new = self.event["submission"]["entries"]
        flags = "|".join(name for bit, name in ENTER_FLAGS.items() if self.event["arguments"][3] & bit)
        call = f"io_uring_enter({', '.join(map(str, self.event['arguments'][:3]))}, {flags}, …)"
        hands = f"hands over {self.what(new)}" if new else "has nothing to hand over"
        if self.calls in (1, 2) or (not new and self.sent == 4):
            self.gdb.go_on()
            self.gdb.falls_asleep()
            self.asleep = True
            self.hands_over(new)
            self.step("main", call.removesuffix(")"), "waits", f"io_uring_enter {hands}, and sleeps until something is done." + self.once(" Both in one call: 2 entries, and at least 1 completion to wait for."))
            if self.gone:
                return self.ends()
            {1: self.client_comes, 2: self.client_speaks}.get(self.calls, self.client_leaves)()
            before = "io_uring_enter is back"
            self.stops()
        else:
            before = f"io_uring_enter {hands}, and is back"
            if self.calls == 3:
                self.step("main", call.removesuffix(")"), "…", f"The server calls io_uring_enter, to hand over {self.what(new)}.")
                self.others_come()
                before = "io_uring_enter hands it over, and is back"
            self.goes_on()
            self.hands_over(new)
        if self.event["stop"] != "is back" or self.event["submission"]["entries"]:
            raise Surprise(f"io_uring_enter has left {self.event['submission']['entries']}")
        self.is_back(call, new, before)

    @staticmethod
    def what(entries):
        """Whose they are, in words; two of the same as such."""
        names = Counter(named(entry["user_data"]) for entry in entries)
        names = [name if count == 1 else f"{name} {'twice' if count == 2 else in_words(count) + ' times'}" for name, count in names.items()]
        return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))

    def hands_over(self, new):
        self.kernel += new
        self.event = {**self.event, "submission": {"head": self.event["submission"]["tail"], "tail": self.event["submission"]["tail"], "entries": []}}

    def is_back(self, call, new, before):
        done = self.event["completion"]["entries"]
        self.came += len(done)
        self.most = max(self.most, len(done))
        meanwhile = []
        for one in done:
            kind, client = owner_of(one["user_data"])
            if all(entry["user_data"] != one["user_data"] for entry in self.kernel):
                raise Surprise(f"{named(one['user_data'])} is done, and the kernel has not got it")
            if "buffer" in one:
                self.taken += 1
                self.buffers.append({"number": one["buffer"], "client": client, "bytes": one["bytes"]})
            self.accepted += kind == "accept"
            if kind == "send":
                self.sent += 1
                meanwhile.append(self.reads(client, self.sending.pop(client)))
            if not one["more"]:
                self.kernel = [entry for entry in self.kernel if entry["user_data"] != one["user_data"]]
        lie = "one completion lies" if len(done) == 1 else f"{in_words(len(done))} completions lie"
        if len(new) > 1 and [one["user_data"] for one in done] == [entry["user_data"] for entry in new]:
            says = f"{before}: each has its completion in the second ring." + self.once(" One call, for three clients." if len(done) > 2 else "")
        else:
            says = f"{before}: {lie} in the second ring. Done: {self.what(done)}."
        self.step("main", call, f"= {self.event['result']}", says)
        if meanwhile:
            self.steps[-1]["meanwhile"] = meanwhile

    def ends(self):
        self.steps[-1]["says"] += (f" All words are back: {in_words(self.written)} entries, {in_words(self.calls)} calls, {in_words(self.came)} completions. "
                                   f"The accept's one entry gave {in_words(self.accepted)} of them, and a single call brought {in_words(self.most)}.")

    # The steps:

    def once(self, sentence):
        """What a reader has been told need not be told ten times."""
        is_new = sentence not in self.said
        self.said.add(sentence)
        return sentence if is_new else ""

    def step(self, who, call, is_, says, kind="wait"):
        at = self.keys[self.event["line"]]
        changed = {key: copy.deepcopy(value) for key, value in self.state().items() if self.shown.get(key) != value}
        self.shown.update(copy.deepcopy(changed))
        self.steps.append({"t": round(time.monotonic() - self.begin, 6), "who": who, "at": at, "call": call, "is": is_, "says": says, "set": changed})

    def state(self):
        return {"threads": [["main", "io_uring_enter" if self.asleep else ""]], "submission": self.event["submission"],
                "kernel": self.kernel, "completion": self.event["completion"],
                "buffers": {"free": BUFFERS - len(self.buffers), "taken": self.buffers},
                "lent": [{"client": client, "bytes": text} for client, text in self.sending.items()],
                "tally": [self.written, self.calls, self.came]}
