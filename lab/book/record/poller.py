"""How does one thread wake another one that sleeps in epoll_wait? The steps of chapter 06b's programs with a poller: what is in
the kernel is drawn from their calls, and so is what their threads keep between them under a lock, the queue and the note.
"""

import re

from kernel import Kernel, Surprise
from steps import Steps, counted, quoted

HELD = 0.4  # seconds for which strace holds up a thread just before epoll_wait
AWAKE, SLEEPS, WOKEN = "I am awake", "I sleep now", "it is woken"


class PollerKernel(Kernel):
    def __init__(self):
        super().__init__()
        self.lies = {}      # by descriptor: how much is in it
        self.note = AWAKE
        self.queued = []    # tokens
        self.printed = []

    def state(self):
        state = {"note": self.note, "queued": list(self.queued), "printed": list(self.printed), "lies": [list(one) for one in sorted(self.lies.items())]}
        return {**state, "epoll": super().state()["epoll"]} if self.epoll else state

    def is_ready(self, fd):
        return "EPOLLIN" in self.epoll["interest"].get(fd, "") and self.lies.get(fd, 0) > 0

    def comes(self, fd, count=1):
        self.lies[fd] += count
        self.becomes_ready(fd)

    def takes(self, fd, count=1):
        if count > self.lies[fd]:
            raise Surprise(f"{count} are read from descriptor {fd}, where {self.lies[fd]} are")
        self.lies[fd] -= count

    def epoll_told(self, told):
        super().epoll_told(told)
        for fd in told:
            if "EPOLLONESHOT" in self.epoll["interest"][fd]:
                self.epoll["interest"][fd] = "EPOLLONESHOT"  # it stays on the list, and is asked for nothing
                self.drop(fd)


class PollerSteps(Steps):
    PROGRAM = r'execve\("[^"]*/(poller_\w+)"'
    KERNEL = PollerKernel
    OWN_TOKEN = None  # for which another thread calls set
    PRINTS = 0        # lines, after which the run ends

    def __init__(self, chapter, events):
        super().__init__(chapter, events)
        self.bell = None
        self.told = 0  # waits that have returned

    def ends(self):
        if len(self.kernel.printed) != self.PRINTS:
            raise Surprise(f"it has printed {self.kernel.printed}")

    @property
    def over(self):
        return len(self.kernel.printed) == self.PRINTS and self.PRINTS

    def of_server(self, kind, call):
        if kind == "exits":
            self.threads.pop(call.pid, None)
        elif not self.over:
            call.result = call.result.removesuffix(" (DELAYED)")
            super().of_server(kind, call)

    # What a poller is made of. What comes before is in the recordings of servers.

    def begins_socket(self, call, _):
        """Nobody is told of it before the poller is."""

    begins_bind = begins_socket

    def begins_epoll_create1(self, call, _):
        self.begins()
        self.kernel.epoll = {"interest": {}, "ready": []}
        self.names[call.result] = "epoll"
        self.does(call, "poller", "The poller begins as epoll: the kernel makes two lists, what is of interest, and what is ready.")

    def begins_eventfd2(self, call, _):
        self.bell = int(call.result)
        self.kernel.lies[self.bell] = 0
        self.names[call.result] = "the bell"
        self.does(call, "poller", f"An eventfd: a number in the kernel, 0 so far, with a descriptor, {self.bell}. It will be the bell.")

    def begins_epoll_ctl(self, call, _):
        operation, fd, events, token = re.search(r"EPOLL_CTL_(\w+), (\d+), \{events=([\w|]+), data=\{u32=\d+, u64=(\d+)\}", call.text).groups()
        fd = int(fd)
        self.tokens[token] = fd
        self.kernel.watches(fd, events)
        if fd == self.bell:
            return self.does(call, "poller", "The bell goes on the list of what is of interest, with EPOLLET: each write to it will be an arrival. Its token has all bits set, and nobody else's has.")
        self.does(call, *self.watched(operation, fd, token))

    # The two threads:

    def begins_futex(self, call, thread):
        """Somebody joins a thread, or waits for a time. (Whoever waits for a lock does so for a moment.)"""
        if "FUTEX_WAIT_BITSET" not in call.text:
            return
        thread["does"] = "futex"
        if self.steps:
            self.steps[-1]["set"].update(self.changes())

    def ends_futex(self, _, thread):
        thread["does"] = ""

    def begins_write(self, call, _):
        if call.fd != self.bell:
            text = quoted(call.text).strip()
            self.kernel.printed.append(text)
            return self.does(call, *self.prints(text))
        if self.kernel.note != SLEEPS:
            raise Surprise(f"the bell is rung, although the note says “{self.kernel.note}”")
        self.kernel.note = WOKEN
        self.kernel.queued = [self.OWN_TOKEN]
        self.kernel.comes(self.bell)
        self.does(call, "set", self.rings(call))

    def begins_epoll_wait(self, call, _):
        self.kernel.epoll_waits()
        if for_ever := re.search(r", (\d+), -1(?:, NULL, 8)?\)$", call.whole):
            self.kernel.note = SLEEPS
            self.goes_in(call, "wait", self.falls_asleep(call), f"{call.name}({call.fd}, …, {for_ever[1]}, -1)")

    def is_long(self, call):
        """It sleeps if nothing is on the ready list."""
        return call.name.startswith("epoll") and not self.kernel.epoll["ready"]

    def ends_epoll_wait(self, call, _):
        fds = [self.tokens[token] for token in re.findall(r"u64=(\d+)\}\}", call.whole)]
        self.kernel.epoll_told(fds)
        self.kernel.note, queued, self.kernel.queued = AWAKE, self.kernel.queued, []
        self.told += 1
        self.does(call, "wait" if call.shown else "look", self.is_back(fds, queued))


class Mixed(PollerSteps):
    """poller_mixed: a tick, a datagram, and a tick. Both threads sleep before the first one, and at the end."""
    OWN_TOKEN, PRINTS = 2, 4
    ORDER = ("listening", "timer 1", "datagram", "timer 2")

    def is_clients(self, call):
        return "UDP" in call.fds.get(call.fd, "")

    def of_client(self, kind, call):
        if call.name == "write" and kind == "begins":
            self.kernel.comes(self.socket)
            self.step("client 1", None, call.whole, f"= {call.result}",
                      f"A client sends a datagram. There it lies, in socket {self.socket}. So the socket is on the ready list, and no thread of this program has done anything.")

    @property
    def over(self):
        """The last line is printed, and both sleep again."""
        return super().over and all(thread["does"] for thread in self.threads.values())

    def ends(self):
        super().ends()
        if not self.over:
            raise Surprise("not both of its threads sleep at the end")

    def watched(self, operation, fd, token):
        if token == "0":
            self.names[str(fd)], self.kernel.lies[fd] = "the signals", 0
            return "add stop", "The pipe of the signals goes on the list, with token 0."
        self.socket = fd
        self.names[str(fd)], self.kernel.lies[fd] = "datagrams", 0
        return "add", "The socket for datagrams goes on the list, with token 1."

    def starts(self, name):
        return "timer", f"The main thread starts {name}, the timer. It will call set for token 2. The kernel has never heard of that token: it is on no list of epoll's."

    def rings(self, call):
        if self.told == 0:
            return "Thread 1's time is over: it calls set. Under the lock it puts token 2 into the queue. The note says “I sleep now”: so it notes “it is woken”, and has to write. That puts the bell on the ready list."
        return f"The next tick: token 2 is in the queue, and the bell is rung. The number in it was {self.kernel.lies[self.bell] - 1}, and is {self.kernel.lies[self.bell]} now. With EPOLLET each write is an arrival, also if the number was not zero before."

    def prints(self, text):
        if not text.startswith(self.ORDER[len(self.kernel.printed) - 1]):
            raise Surprise(f"the program says {text} before its time")
        if text.startswith("listening"):
            return "listening", f"The program says “{text}”."
        if text.startswith("timer"):
            return "tick", f"Token 2 is the timer's: the program says “{text}”."
        return "receive", "The program says from whom it was."

    def falls_asleep(self, call):
        if self.kernel.epoll["ready"]:
            raise Surprise("something is ready before the main thread sleeps")
        if self.told == 0:
            return "Under the lock, the main thread finds nothing in the queue, and notes “I sleep now”. Then epoll_wait: nothing is ready, and the thread sleeps. So does thread 1, until its first tick."
        if self.told == 1:
            return "The bell's number is still 1, and nobody has to read it: that arrival has been told. So nothing is ready, nothing is in the queue, and the main thread sleeps again, with its note."
        if len(self.kernel.printed) == self.PRINTS:
            return "Both threads sleep again. Of each tick epoll_wait has said only that the bell had rung: which token it was, the queue said. Of the datagram it said the token itself, 1."
        return f"epoll_wait looks at {self.socket} again: no datagram is left, and so it is off the ready list. The main thread sleeps, with its note."

    def is_back(self, fds, queued):
        if fds == [self.bell] and queued:
            return "epoll_wait is back. All that it says is that the bell has rung. Under the lock, the main thread notes “I am awake”, looks into the queue, and finds token 2."
        if fds != [self.socket] or queued:
            raise Surprise(f"epoll_wait told of {fds}, with {queued} in the queue")
        return "epoll_wait is back, with token 1. Nobody has rung the bell, and the queue is empty. To the loop that is an event like the other."

    def begins_recvfrom(self, call, _):
        self.kernel.takes(self.socket)
        call.text, call.left = re.sub(r", \{sa_family.*", ", …)", call.whole), ""
        self.does(call, "receive", f"Token 1 is the socket's: recvfrom takes the datagram, {counted(int(call.result), 'byte')}.")


class Pipe(PollerSteps):
    """poller_pipe: 1,000 sets while the main thread is busy elsewhere, and 1,000 just before it sleeps."""
    OWN_TOKEN, PRINTS = 1, 3

    def is_long(self, _):
        """It never sleeps."""
        return False

    def starts(self, name):
        if self.started == 1:
            return "first thread", f"The main thread starts {name}, and waits for its end. It does not wait in the poller."
        return "second thread", f"The main thread starts {name}, which will call set as soon as the note says “I sleep now”."

    def begins_exit(self, call, thread):
        if self.started == 1:
            self.kernel.queued = [self.OWN_TOKEN]
            says = "Thread 1 ends. It has called set 1,000 times. Each time the note said “I am awake”: so it never wrote. Token 1 is in the queue, and it is there once."
        else:
            says = "Thread 2 ends. It has called set 1,000 times. After the first one the note said “it is woken”: so the other 999 did not write."
            if self.kernel.note != WOKEN or self.now > self.gap.begun + HELD:
                raise Surprise("thread 2 has not done all of its work while the main thread was held up")
        name = thread["name"]
        del self.threads[call.pid]
        self.step(name, "set", "exit(0)", "", says)

    def rings(self, call):
        if call.ended > self.gap.begun + HELD:
            raise Surprise("the bell was rung when the main thread was not held up any more")
        return "Thread 2 reads “I sleep now”, and calls set: token 1 into the queue, the note is “it is woken”, and it writes. Nobody sleeps who could hear the bell. But its number is 1 now, and it lies on the ready list."

    def falls_asleep(self, call):
        self.gap = call
        return "Nothing is in the queue: the main thread notes “I sleep now”. But it does not sleep yet. Here is the gap, and here strace holds the thread up, just before epoll_wait goes into the kernel."

    def is_back(self, fds, queued):
        if queued != [self.OWN_TOKEN]:
            raise Surprise(f"epoll_wait is back, and in the queue there is {queued}")
        if self.told == 1:
            return "Token 1 is in the queue: so the main thread does not sleep, and only looks, with a timeout of 0. epoll has nothing to tell. The one event is the queue's."
        return "Now epoll_wait goes in. It finds the bell on the ready list, and is back at once: the thread never slept. In the queue is token 1."

    def prints(self, text):
        if text.endswith("nobody waited: 0 wake-up writes"):
            return "nobody waited", "1,000 sets, and the bell's number is still 0. Somebody who is awake need not be woken."
        if text == "one wait returned 1 event":
            return "look", "Of 1,000 sets there is one event. Now the same while the main thread is about to sleep."
        if text.endswith("slept: 1 wake-up write"):
            return "slept", "The program says “slept”, as it goes by the note. The wake-up came before the sleep, and was not lost: it lay in the bell, and epoll_wait found it there. And of 1,000 sets one had to write."
        raise Surprise(text)


class Triggers(PollerSteps):
    """poller_triggers: of its three pollers the third one, whose pipe is registered as a oneshot. What is quoted are rows of the
    program's table."""

    def __init__(self, chapter, events):
        super().__init__(chapter, events)
        self.poller = self.writer = self.reader = None
        made = [number for number, event in enumerate(events) if event.call.name == "epoll_create1" and event.kind == "begins"]
        self.events = [event for event in events[:made[2]] if event.call.name == "execve"] + events[made[2]:]

    def begins(self):
        """A poller is made in the other recordings. This one begins with its pipe."""

    def ends(self):
        self.steps[-1]["says"] += " So an event makes a oneshot deaf, and only a registration arms it again. Nothing that arrives does."

    def of_server(self, kind, call):
        """Each of the three has its turn."""
        if call.fd is None or call.fd in (self.poller, self.writer, self.reader) or call.name in ("epoll_create1", "eventfd2"):
            super().of_server(kind, call)

    def begins_epoll_create1(self, call, thread):
        self.poller = int(call.result)
        super().begins_epoll_create1(call, thread)

    def begins_pipe2(self, call, _):
        self.begin = self.now
        self.reader, self.writer = map(int, re.findall(r"[\[ ](\d+)", call.whole)[:2])
        self.kernel.lies[self.reader] = 0
        self.names[str(self.reader)] = "the pipe"
        self.does(call, "pipe", f"The program has three pollers, with a pipe each. This is the third one. What is written to {self.writer} lies in the pipe until it is read from {self.reader}.")

    def watched(self, operation, fd, _):
        if operation == "ADD":
            return "add", "The pipe goes on the list of what is of interest, with EPOLLONESHOT: for one event."
        return "again", f"“Registered again”: the pipe is armed. What lies in it is not new, {counted(self.kernel.lies[fd], 'byte')}, but it puts the pipe on the ready list at once."

    def begins_write(self, call, _):
        if call.fd != self.writer:
            return
        self.kernel.comes(self.reader)
        if self.reader in self.kernel.epoll["ready"]:
            says = "“A byte arrives”: it lies in the pipe, and the pipe is on the ready list."
        elif self.kernel.lies[self.reader] > 1:
            says = f"“Another byte arrives”: {self.kernel.lies[self.reader]} lie in the pipe. It is off, and does not get on the ready list."
        else:
            says = "“Another byte arrives”, in an empty pipe. It is still off."
        self.does(call, "arrives", says)

    def begins_read(self, call, _):
        self.kernel.takes(self.reader, int(call.result))
        self.does(call, "reads", "“One byte is read, one is left”." if self.kernel.lies[self.reader] else "“That one is read”: the pipe is empty.")

    def is_back(self, fds, _):
        count = self.kernel.lies[self.reader]
        if fds:
            return self.once("epoll_wait says token 1. That was the one shot: the pipe stays on the list, and is off.", "epoll_wait says token 1, and the pipe is off again.")
        if not count:
            return "Nothing is there, and epoll_wait says nothing."
        if count == 1:
            return self.once("“Nobody reads it”: the byte is still there, and epoll_wait says nothing. The pipe is off.", "One byte is there, and epoll_wait says nothing: the pipe is off.")
        return f"{count} bytes are there, and epoll_wait says nothing: the pipe is off."
