"""What becomes of 40,000 bytes that a client sends in one write? The steps of an echo server that has one client: the bash of
chapter 06's "Break it", with its dd and its head.

They begin where the server sleeps for the first time, as what comes before is in the start/end server's recordings, and
end where it sleeps and the client has read all that comes back.
"""

import re

from kernel import EchoKernel, Surprise
from steps import Steps

BYTES = 40_000


class EchoSteps(Steps):
    PROGRAM = r'execve\("[^"]*/(echo_server)"'
    KERNEL = EchoKernel

    def __init__(self, chapter, events):
        super().__init__(chapter, events)
        self.writing = None   # the client's write, until its bytes are there
        self.reading = None   # the client's read, while it waits
        self.came_back = 0    # bytes that the client has read
        self.told = set()     # descriptors of whose bytes the server has been told
        self.times_told = 0

    def begins(self):
        """See begins_epoll_wait."""

    # The client: whoever has its end of the connection.

    def is_clients(self, call):
        return "TCP" in call.fds.get(call.fd, "")

    def client_at(self, port):
        return 1

    def of_client(self, kind, call):
        if call.name == "connect" and kind == "begins":
            self.connecting[1] = call
            self.bars.append([None, None, None])
        elif call.name == "connect":
            self.arrives(1)
        elif call.name == "write" and kind == "begins":
            self.writing = call
        elif call.name == "write":
            self.sends()
        elif call.name == "read" and kind == "begins":
            self.reading = call
        elif call.name == "read" and call.result.isdigit():  # it is not when its patience has ended
            self.reading = None
            self.kernel.reads(1, int(call.result))
            self.came_back += int(call.result)
            self.meanwhile.setdefault("bytes", []).append(int(call.result))

    def sends(self):
        call, self.writing = self.writing, None
        if call is None:
            return  # it did before
        before = self.ready()
        self.kernel.sends(1, int(call.result))
        self.step("client 1", None, call.whole, f"= {call.result}",
                  f"Client 1 writes {int(call.result):,} bytes, in one go. There they lie, in the server's socket: arrived, and not read yet." + self.gets_ready(before))

    def expect_bytes(self, told):
        """The server has been told of bytes whose write has not returned."""
        if self.writing and any(fd in self.kernel.sockets and fd not in self.kernel.epoll["ready"] for fd in told):
            self.sends()

    def has_read(self, what, counts):
        return f"Client 1 has read {sum(counts):,} bytes."

    # The server:

    def begins_epoll_wait(self, call, thread):
        self.begin = self.begin or self.now
        super().begins_epoll_wait(call, thread)

    def is_long(self, call):
        """It sleeps if nothing is on the ready list."""
        return call.name.startswith("epoll") and not self.kernel.epoll["ready"]

    @property
    def unread(self):
        return sum(socket["unread"] for socket in self.kernel.sockets.values())

    def sleeps(self, call, milliseconds):
        if self.unread and self.is_long(call):
            return f" The ready list is empty, for nothing new has come. So the thread sleeps, and {self.unread:,} bytes lie in the socket."
        return super().sleeps(call, milliseconds)

    def of_room(self):
        """See of_bytes."""
        return ""

    def of_bytes(self, told):
        fds = [fd for fd in told if self.kernel.sockets.get(fd, {}).get("unread")]
        if not fds:
            return " One could write to it, and nothing is there to be read." if any(fd in self.kernel.sockets for fd in told) else ""
        self.times_told += 1
        again = self.told.issuperset(fds)
        self.told.update(fds)
        return f" The server is told again: {self.unread:,} bytes are not read yet." if again else f" {self.unread:,} bytes are there."

    def begins_read(self, call, _):
        if call.fd not in self.kernel.sockets:
            return
        client = self.kernel.sockets[call.fd]["client"]
        if call.failed:
            return self.does(call, "read", f"Has client {client} sent anything? Nothing yet: read says so at once, and does not wait.")
        count, room = int(call.result), int(re.search(r"(\d+)\)?$", call.whole)[1])
        self.kernel.takes(call.fd, count)
        left = f"{self.unread:,} are left in the socket." if self.unread else "Nothing is left in the socket."
        if count == room:
            says = f"read takes {count:,} bytes: the server's buffer has room for no more. {left}"
        else:
            says = f"read takes the last {count:,} bytes. {left}"
            if self.chapter == "06_epoll_edge":
                says += " They are fewer than it has asked for: after a short read the server knows that it may stop."
        self.does(call, "read", says)

    def begins_write(self, call, _):
        if call.fd in self.kernel.sockets:
            count = int(call.result)
            self.kernel.writes(call.fd, count)
            self.does(call, "write", f"{count:,} bytes go back: they are copied into the kernel, for client 1.")

    # The end:

    def ends(self):
        if self.steps[-1]["is"] != "waits" or self.came_back + self.unread != BYTES:
            raise Surprise(f"{self.came_back} bytes have come back, and {self.unread} lie there, while the server does not sleep")
        if self.unread:
            call = self.reading
            self.step("client 1", None, f"{call.text} …", "waits",
                      f"Client 1 waits for the other {self.unread:,} bytes. They have arrived long ago: the server was told so, once, and nothing tells it again. Both would sleep for ever.")
        else:
            self.step("client 1", None, "", "", f"Client 1 has all of its {BYTES:,} bytes back. The server sleeps, and nothing is left in its socket.")

    def changes(self):
        changed = super().changes()
        if self.shown.get("back") != self.came_back:
            changed["back"] = self.shown["back"] = self.came_back
        if self.shown.get("told") != self.times_told:
            changed["told"] = self.shown["told"] = self.times_told
        return changed
