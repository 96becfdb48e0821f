"""What is in the kernel, of what a server and its clients have there? Drawn from their calls, and from nothing else.

What a call then says must be what this expected of it: `Kernel` raises Surprise where it is not.
"""


class Surprise(Exception):
    """A call has said something else than was expected of it."""


class Kernel:
    def __init__(self):
        self.listener = None   # its descriptor
        self.queue = []        # the clients that nobody has accepted yet
        self.sockets = {}      # by descriptor: {"client", "bytes" that it has not read, "closed"}
        self.poll = None       # the list that a poll has brought, while it is there
        self.copied = 0        # entries that polls have brought, so far
        self.epoll = None      # {"interest": {fd: events}, "ready": [fd]}
        self.untold = []       # clients that have come since epoll_wait told of the listener

    def state(self):
        """As a recording has it."""
        sockets = [{"fd": fd, **socket} for fd, socket in sorted(self.sockets.items())]
        state = {"queue": list(self.queue), "sockets": sockets}
        if self.copied:
            state["poll"] = {"list": [list(entry) for entry in self.poll or []], "copied": self.copied}
        if self.epoll:
            state["epoll"] = {"interest": [[fd, events] for fd, events in sorted(self.epoll["interest"].items())],
                              "ready": list(self.epoll["ready"])}
        return state

    # What clients do:

    def arrives(self, client):
        self.queue.append(client)
        self.untold.append(client)
        self.becomes_ready(self.listener)

    def reads(self, client, count):
        """`count` bytes; 0 at the end."""
        for fd, socket in list(self.sockets.items()):
            if socket["client"] != client or (socket["closed"] and not socket["bytes"] and count):
                continue
            if count:
                socket["bytes"] = socket["bytes"][count:]
            elif socket["closed"]:
                del self.sockets[fd]
            return

    # What the server does:

    def accepts(self, client, fd):
        if client not in self.queue:
            raise Surprise(f"accept returned client {client}, who is not in the queue")
        self.queue.remove(client)
        self.sockets[fd] = {"client": client, "bytes": "", "closed": False}

    def writes(self, fd, text):
        self.sockets[fd]["bytes"] += text

    def closes(self, fd):
        if self.epoll:
            self.epoll["interest"].pop(fd, None)
            self.drop(fd)
        if fd in self.sockets:
            # Its number is free; what is in its buffer is still the client's to read.
            self.sockets[min(-1, *self.sockets, -1) - 1] = {**self.sockets.pop(fd), "closed": True}

    def polls(self, entries):
        self.poll = entries
        self.copied += len(entries)

    def polled(self, ready):
        if self.listener in ready and not self.queue:
            raise Surprise("poll says that the listener is ready, and nobody is in the queue")
        self.poll = None

    def watches(self, fd, events):
        """epoll_ctl, to add or to change: what is ready already goes on the second list at once."""
        self.epoll["interest"][fd] = events
        self.drop(fd)
        self.becomes_ready(fd)

    def is_ready(self, fd):
        events = self.epoll["interest"].get(fd, "0")
        if fd == self.listener:
            return "EPOLLIN" in events and bool(self.queue)
        return "EPOLLOUT" in events and fd in self.sockets

    def becomes_ready(self, fd):
        if self.epoll and fd in self.epoll["interest"] and self.is_ready(fd) and fd not in self.epoll["ready"]:
            self.epoll["ready"].append(fd)

    def drop(self, fd):
        if fd in self.epoll["ready"]:
            self.epoll["ready"].remove(fd)

    def epoll_waits(self):
        """The kernel takes what is on the second list, and looks whether it still holds."""
        self.epoll["ready"] = [fd for fd in self.epoll["ready"] if self.is_ready(fd)]

    def epoll_told(self, told):
        for fd in told:
            if fd not in self.epoll["ready"]:
                raise Surprise(f"epoll_wait told of descriptor {fd}, which is not on the ready list")
            self.drop(fd)
            if fd == self.listener:
                self.untold = []
        if missed := self.epoll["ready"]:
            raise Surprise(f"epoll_wait did not tell of {missed}")
        # An edge is told once. Otherwise it goes back to the end of the list, to be looked at the next time.
        self.epoll["ready"] += [fd for fd in told if "EPOLLET" not in self.epoll["interest"][fd]]


class EchoKernel(Kernel):
    """Where clients send, too. What lies in a socket is counted: bytes in both directions."""

    def accepts(self, client, fd):
        super().accepts(client, fd)
        self.sockets[fd].update(bytes=0, unread=0)

    def sends(self, client, count):
        """All of it arrives at once."""
        for fd, socket in self.sockets.items():
            if socket["client"] == client:
                socket["unread"] += count
                return self.becomes_ready(fd)
        raise Surprise(f"client {client} sends before it is accepted")

    def takes(self, fd, count):
        """The server reads."""
        if count > self.sockets[fd]["unread"]:
            raise Surprise(f"read returned {count} bytes, and {self.sockets[fd]['unread']} have arrived")
        self.sockets[fd]["unread"] -= count

    def writes(self, fd, count):
        self.sockets[fd]["bytes"] += count

    def reads(self, client, count):
        for socket in self.sockets.values():
            if socket["client"] == client and count > socket["bytes"]:
                raise Surprise(f"client {client} has read {count} bytes, and {socket['bytes']} were there")
            socket["bytes"] -= count * (socket["client"] == client)

    def is_ready(self, fd):
        events = self.epoll["interest"].get(fd, "0")
        return super().is_ready(fd) or ("EPOLLIN" in events and self.sockets.get(fd, {}).get("unread", 0) > 0)
