"""What did a server and its clients do, step for step? From the calls of both: what each says, and what is in the
kernel after it."""

import copy
import re

from kernel import Kernel, Surprise

# What else there is of a call while it waits is no step; but if it takes longer than that, it is one that it waits.
LONG = 0.002  # seconds
READ = ("“start”", "“end”", "the end of file", "bytes")  # by clients, in the order in which they do
NAMES = {"ppoll": "poll", "epoll_pwait": "epoll_wait", "clone": "clone3"}


def counted(count, what, more=None):
    return f"{count} {what if count == 1 else more or what + 's'}"


def ranges(numbers):
    """[1, 2, 3, 5]: "1 to 3 and 5"."""
    runs = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [part for run in runs for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))]
    return " and ".join([", ".join(parts[:-1])] * (len(parts) > 1) + parts[-1:])


def shortened(text):
    """A list as strace shows it, of which three and more are too many to be read."""
    entry = r"\{(?:[^{}]|\{[^{}]*\})*\}"
    return re.sub(rf"\[({entry}, {entry}), {entry}.*?\]", r"[\1, …]", text)


def quoted(text):
    """What stands in strace's quotes."""
    found = re.search(r'"((?:[^"\\]|\\.)*)"', text)
    return found[1].replace("\\n", "\n") if found else ""


class Steps:
    PROGRAM = r'execve\("[^"]*/(server|client)"'
    KERNEL = Kernel

    def __init__(self, chapter, events):
        self.chapter, self.events = chapter, events
        self.kernel = self.KERNEL()
        self.steps, self.shown = [], {}
        self.names = {}        # of descriptors
        self.bars = []         # of clients: [connected, has read start, has read end]
        self.clients = {}      # by descriptor, while it is open
        self.client_pids = set()
        self.ports = {}        # the client of each
        self.connecting = {}   # clients whose connect has not returned: they may be in the queue
        self.threads = {}      # of the server, by pid: {"name", "does"}
        self.started = 0       # of these, besides the main one
        self.tokens = {}       # epoll's, and their descriptors
        self.meanwhile = {}    # what clients have read since the last step: {"start": [1, 2]}
        self.said = set()      # what is said once
        self.server = self.begin = self.now = None

    def run(self):
        for self.index, event in enumerate(self.events):
            call, self.now = event.call, event.time
            interrupted = event.kind == "ends" and re.search("EINTR|ERESTART", call.result)
            if call.pid == self.server and (event.kind == "stopped" or interrupted):
                break
            if program := re.match(self.PROGRAM, call.text):
                self.program_begins(program[1], call.pid)
            elif call.pid in self.threads:
                self.of_server(event.kind, call)
            elif self.is_clients(call):
                self.of_client(event.kind, call)
        self.ends()
        for step in self.steps:
            step.pop("read", None)
        return self

    def begins(self):
        """The first step is that of the server's first call for its work."""
        self.begin = self.begin or self.now

    def ends(self):
        if self.bars:
            self.step("the clients", None, "", "", "All have read all.")

    def once(self, sentence, instead=""):
        """What a reader has been told need not be told ten times."""
        is_new = sentence not in self.said
        self.said.add(sentence)
        return sentence if is_new else instead

    def program_begins(self, name, pid):
        if name == "client":
            self.client_pids.add(pid)
        elif self.server is None:
            self.server = pid
            self.threads[pid] = {"name": "main", "does": ""}

    # The clients:

    def is_clients(self, call):
        """Its threads are known by their sockets: who has started them does not matter."""
        if self.client_pids and any("TCP" in place for place in call.fds.values()):
            self.client_pids.add(call.pid)
        return call.pid in self.client_pids

    def of_client(self, kind, call):
        if kind == "begins" and call.name == "connect" and "AF_INET" in call.text:
            number = self.clients[call.fd] = len(self.bars) + 1
            self.bars.append([None, None, None])
            self.ports[self.port_of(call.fd)] = number
            self.connecting[number] = call
        elif call.fd not in self.clients:
            return
        elif kind == "ends" and call.name == "connect":
            self.arrives(self.clients[call.fd])
        elif kind == "ends" and call.name == "read" and not call.failed:
            self.reads(self.clients[call.fd], quoted(call.whole), int(call.result.split()[0]))
        elif kind == "begins" and call.name == "close":
            del self.clients[call.fd]

    def port_of(self, fd):
        """The client's own port, which strace tells when it reads."""
        for later in self.events[self.index:]:
            found = re.search(r":(\d+)->", later.call.fds.get(fd, ""))
            if found and later.call.pid not in self.threads and later.call.name in ("read", "close"):
                return int(found[1])
        raise Surprise(f"nobody reads from the client's descriptor {fd}")

    def client_at(self, port):
        return self.ports.get(port)

    def arrives(self, number):
        call = self.connecting.pop(number, None)
        if call is None:
            return  # it did before
        self.bars[number - 1][0] = self.now
        self.kernel.arrives(number)
        not_yet = self.once(" The client does not wait for that: its connect says EINPROGRESS, and it is told later.") if "EINPROGRESS" in call.result else ""
        self.step(f"client {number}", None, call.whole, f"= {call.result}",
                  f"Client {number} connects. " + self.once("The kernel does all of that alone: the connection waits in the queue.",
                                                            "The connection waits in the queue.") + not_yet)

    def reads(self, number, text, count):
        self.kernel.reads(number, count)
        for line in text.splitlines():
            word = line.split()[0]
            self.bars[number - 1][1 if word == "start" else 2] = self.now
            self.meanwhile.setdefault(f"“{word}”", []).append(number)
        if not count:
            self.meanwhile.setdefault("the end of file", []).append(number)
        if self.steps and all(thread["does"] for thread in self.threads.values()):
            # Nobody else is at work: that belongs to the step after which the server sleeps.
            self.steps[-1]["set"].update(self.changes())
            self.steps[-1]["until"] = round(self.now - self.begin, 6)
            self.tell_meanwhile(self.steps[-1])

    @staticmethod
    def has_read(what, numbers):
        return f"Client {numbers[0]} has read {what}." if len(numbers) == 1 else f"Clients {ranges(numbers)} have read {what}."

    # The server, call by call. Those that do not wait are one step, where they begin.

    def of_server(self, kind, call):
        if kind == "exits":
            del self.threads[call.pid]
            return
        handler = getattr(self, f"{kind}_{NAMES.get(call.name, call.name)}", None)
        if handler:
            handler(call, self.threads[call.pid])

    def does(self, call, at, says):
        """A call that does not wait, or the end of one that does."""
        thread = self.threads[call.pid]
        thread["does"] = ""
        self.step(thread["name"], at, call.whole, f"= {call.result}", says)

    def goes_in(self, call, at, says, text=None):
        """The beginning of one that may wait."""
        thread = self.threads[call.pid]
        call.shown = True
        waits = self.is_long(call)
        thread["does"] = call.name if waits else ""
        text = text or (call.text if waits else call.whole)
        self.step(thread["name"], at, text if text.endswith(")") else text + " …", "waits" if waits else "…", says)

    def is_long(self, call):
        """So is one that is interrupted at the end. Where something is ready, it only takes its time."""
        if NAMES.get(call.name, call.name) in ("poll", "epoll_wait") and self.kernel.something_is_ready():
            return False
        return not call.ended or call.ended - call.begun > LONG or re.search("EINTR|ERESTART", call.result)

    def sleeps(self, call, milliseconds):
        """In words, if it is so: nothing is ready."""
        if not self.is_long(call):
            return ""
        return " Nothing is ready: the thread sleeps" + (f", for {milliseconds} ms at the most." if milliseconds and milliseconds != "-1" else ", for as long as it takes.")

    @staticmethod
    def name_of(thread):
        return "The main thread" if thread["name"] == "main" else thread["name"].capitalize()

    def begins_socket(self, call, _):
        if "AF_INET" not in call.text:
            return
        self.begins()
        self.kernel.listener = int(call.result)
        self.names[call.result] = "the listener"
        self.does(call, "setup", "A socket: so far it is only a number.")

    def begins_bind(self, call, _):
        self.does(call, "setup", "The socket gets its address and its port. (0 stands for any that is free.)")

    def begins_listen(self, call, _):
        self.does(call, "setup", "From now on the kernel takes in connections, and keeps them in a queue.")

    def begins_accept4(self, call, thread):
        if self.is_long(call) and "SOCK_NONBLOCK" not in call.text:
            self.goes_in(call, "accept", f"{self.name_of(thread)} waits in accept4: nobody is in the queue.")

    def ends_accept4(self, call, _):
        if "EAGAIN" in call.result:
            nobody = self.once("Is anybody in the queue? Nobody: accept4 says so at once, and does not wait.",
                               "Is anybody in the queue? Nobody.")
            if self.kernel.epoll and call.fd in self.kernel.epoll["ready"]:
                nobody += self.once(f" The ready list still has {call.fd}: whether that is still so, the next epoll_wait will see.",
                                    f" The ready list still has {call.fd}.")
            self.does(call, "accept", nobody)
        if call.failed or not call.result.isdigit():
            return
        fd = int(call.result)
        number = self.client_at(int(re.search(r"->.*:(\d+)\]", call.fds[fd])[1]))
        self.arrives(number)  # if its connect has not returned: it must be there
        self.kernel.accepts(number, fd)
        self.does(call, "accept", f"accept4 takes the connection of client {number} out of the queue. It is descriptor {fd} from now on.")

    def begins_clone3(self, call, _):
        """Where it begins: the new thread may be at work before the old one is back."""
        self.started += 1
        name = f"thread {self.started}"
        self.threads[int(call.result)] = {"name": name, "does": ""}
        call.text, call.left = call.name + "({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD|…}, …)", ""
        self.does(call, *self.starts(name))

    def starts(self, name):
        return "thread", f"The main thread starts {name} for this connection, and goes back to accept4."

    def begins_write(self, call, _):
        text = quoted(call.text)
        if call.fd == 2:
            self.does(call, "setup" if text.startswith("listening") else "statistics", f"The server says “{text.strip()}”.")
        elif call.fd in self.kernel.sockets:
            client = self.kernel.sockets[call.fd]["client"]
            self.kernel.writes(call.fd, text)
            self.does(call, "start" if text.startswith("start") else "end",
                      f"“{text.strip()}”: {counted(len(text), 'byte')} are copied into the kernel, for client {client}."
                      + self.once(" write does not wait for anybody to read them."))

    def begins_close(self, call, _):
        if call.fd not in self.kernel.sockets:
            return
        client = self.kernel.sockets[call.fd]["client"]
        self.kernel.closes(call.fd)
        forgotten = " epoll forgets it, too." if self.kernel.epoll else ""
        end = self.once(" The client can still read what is left; after it comes the end of file.")
        self.does(call, "close", f"The connection of client {client} is closed.{end}{forgotten}")

    def begins_clock_nanosleep(self, call, thread):
        others = "Nobody else can do its work." if self.chapter == "01_blocking" else "The other threads go on."
        self.goes_in(call, "sleep", f"{self.name_of(thread)} sleeps. {others}")

    def ends_clock_nanosleep(self, call, thread):
        call.text, call.left, call.result = call.text.rstrip(",)") + ", …)", "", "0"
        self.does(call, "sleep", f"{self.name_of(thread)} is awake: its time is over.")

    def begins_poll(self, call, _):
        entries = [(int(fd), events or "0") for fd, events in re.findall(r"\{fd=(-?\d+)(?:, events=([\w|]+))?\}", call.text)]
        self.kernel.polls(entries)
        for fd, place in call.fds.items():
            if place.startswith("pipe:"):
                self.names[str(fd)] = "the signals"
        nothing = " (-1: nothing there to look at.)" if any(fd == -1 for fd, _ in entries) else ""
        self.goes_in(call, "wait", f"poll brings the whole list along, {counted(len(entries), 'entry', 'entries')}, and the kernel looks at each.{nothing}" + self.sleeps(call, re.search(r"(-?\d+)?\)?$", call.text)[1]))

    def ends_poll(self, call, _):
        ready = [int(fd) for fd in re.findall(r"\{fd=(\d+), revents=", call.result)]
        self.expect_arrival(self.kernel.listener in ready and not self.kernel.queue)
        brought = len(self.kernel.poll)
        self.kernel.polled(ready)
        says = f"Ready: {self.fds_text(ready)}." if ready else "Nothing is ready, but the time is over."
        self.does(call, "wait", f"poll is back. {says} The kernel has forgotten the list of {brought}.")

    def begins_epoll_create1(self, call, _):
        self.begins()
        self.kernel.epoll = {"interest": {}, "ready": []}
        self.names[call.result] = "epoll"
        self.does(call, "epoll", "The kernel makes two lists: what is of interest, and what is ready. Both are empty.")

    def begins_epoll_ctl(self, call, _):
        operation, fd, events, token = re.search(
            r"EPOLL_CTL_(\w+), (\d+), \{events=([\w|]+), data=\{u32=\d+, u64=(\d+)\}", call.text).groups()
        fd = int(fd)
        self.tokens[token] = fd
        at = "watch the listener" if fd == self.kernel.listener else "watch"
        if fd != self.kernel.listener and fd not in self.kernel.sockets:
            at, self.names[str(fd)] = "epoll", "the signals"
        self.kernel.watches(fd, events)
        says = f"Descriptor {self.fd_text(fd)} goes on the list of what is of interest" + self.once(", and stays there") + "."
        if events == "0":
            says += self.once(" It is asked for nothing, so only its end or an error would be told.", " It is asked for nothing.")
        if operation != "ADD":
            says = f"Descriptor {self.fd_text(fd)} stays on the list. What is asked of it changes to {'nothing' if events == '0' else events}."
        if fd in self.kernel.epoll["ready"]:
            says += " It is ready already, so it is on the other list, too."
        self.does(call, at, says)

    def begins_epoll_wait(self, call, _):
        before = list(self.kernel.epoll["ready"])
        self.kernel.epoll_waits()
        gone = [fd for fd in before if fd not in self.kernel.epoll["ready"]]
        if gone or self.is_long(call):
            dropped = "".join(self.off_the_list(fd) for fd in gone)
            most, milliseconds = re.search(r", (\d+), (-?\d+)(?:, NULL, \d+)?\)?$", call.whole).groups()
            brings = self.once("epoll_wait brings no list along: the kernel has it.", "epoll_wait goes in, without a list.")
            self.goes_in(call, "wait", f"{brings}{dropped}{self.sleeps(call, milliseconds)}",
                         f"{call.name}({call.fd}, …, {most}, {milliseconds})")

    def off_the_list(self, fd):
        """A descriptor was there, and there is nothing to tell of it. The kernel looks when it takes it from the list."""
        if "EPOLLET" in self.kernel.epoll["interest"][fd] and fd == self.kernel.listener:
            whose = self.kernel.untold
            edges = f"edge of client {whose[0]}" if len(whose) == 1 else f"edges of clients {ranges(whose)}"
            return f" The {edges} had put {self.fd_text(fd)} there again, but accept4 has taken them all since: nothing to tell, and off the ready list."
        return f" It looks at {self.fd_text(fd)} again: not ready any more, and so off the ready list."

    def ends_epoll_wait(self, call, _):
        tokens = re.findall(r"\{events=[\w|]+, data=\{u32=\d+, u64=(\d+)\}\}", call.whole)
        told = [self.tokens[token] for token in tokens]
        listener = self.kernel.listener
        self.expect_arrival(listener in told and listener not in self.kernel.epoll["ready"])
        self.expect_bytes(told)
        edges = any("EPOLLET" in self.kernel.epoll["interest"][fd] for fd in told)
        self.kernel.epoll_told(told)
        back = "epoll_wait is back" if call.shown else "epoll_wait is called, and is back at once"
        if told:
            says = f"{back}, with what was on the ready list: {self.fds_text(told)}. "
            says += "The list is empty now: an edge is told once." if edges else self.once("It stays there (level): the next epoll_wait looks whether it is still so.", "It stays there (level).")
            says += self.of_bytes(told)
        elif call.shown:
            says = "epoll_wait is back: nothing is ready, but the time is over."
        else:
            time = re.search(r", (\d+)(?:, NULL, \d+)?\)?$", call.whole)[1]
            says = f"epoll_wait is called, and is back when its time is over, {time} ms: nothing is ready."
        self.does(call, "wait", says)

    def expect_arrival(self, is_there):
        """The server has seen somebody in the queue whose connect has not returned."""
        if is_there and self.connecting:
            self.arrives(min(self.connecting))

    def expect_bytes(self, told):
        """In the start/end server nobody waits for bytes. See echo.py."""

    def of_bytes(self, told):
        return ""

    def fd_text(self, fd):
        socket = self.kernel.sockets.get(fd)
        name = f"client {socket['client']}" if socket else self.names.get(str(fd))
        return f"{fd} ({name})" if name else str(fd)

    def fds_text(self, fds):
        """All of them; many clients in one."""
        clients = [fd for fd in fds if fd in self.kernel.sockets]
        if len(clients) < 4:
            return ", ".join(map(self.fd_text, fds))
        others = [self.fd_text(fd) for fd in fds if fd not in clients]
        return ", ".join([*others, f"{ranges(clients)} (clients {ranges(self.kernel.sockets[fd]['client'] for fd in clients)})"])

    # The steps:

    def step(self, who, at, call, is_, says):
        if self.begin is None:
            return
        call, is_ = shortened(call), shortened(is_)
        changed = self.changes()
        time = round(self.now - self.begin, 6)
        last = self.steps[-1] if self.steps else None
        if last and "EAGAIN" in is_ and (last["who"], last["call"], last["is"]) == (who, call, is_):
            # The same again, as the busy loop does it: that is one step.
            last["times"] = last.get("times", 1) + 1
            last["until"] = time
            last["set"].update(changed)
        else:
            last = {"t": time, "who": who, "at": at or last["at"], "call": call, "is": is_, "says": says, "set": changed}
            self.steps.append(last)
        self.tell_meanwhile(last)

    def tell_meanwhile(self, step):
        """What clients have read belongs to that step."""
        if not self.meanwhile:
            return
        merged = step.setdefault("read", {})
        for what, numbers in self.meanwhile.items():
            merged.setdefault(what, []).extend(numbers)
        in_order = sorted(merged.items(), key=lambda one: READ.index(one[0]))
        step["meanwhile"] = [self.has_read(what, numbers) for what, numbers in in_order]
        self.meanwhile = {}

    def changes(self):
        """What is not as it was shown last."""
        state = {**self.kernel.state(), "threads": [[thread["name"], thread["does"]] for thread in self.threads.values()]}
        changed = {key: copy.deepcopy(value) for key, value in state.items() if self.shown.get(key) != value}
        self.shown.update(copy.deepcopy(changed))
        return changed
