"""For gdb: where does a server on io_uring stand, and what is in its two rings? It is stopped where it has written an entry, where it
looks at a completion, and where io_uring_enter begins and ends. At each stop the rings are read from its memory, and a line of JSON says
what is there. A line from standard input lets it go on.

  gdb -batch -nx -x lab/book/record/ring_gdb.py --args build/lab/recorded_ring --port 0     rings.py asks it
"""

import json
import os
import sys

import gdb

SOURCE = "echo_server_uring.cpp"
BUFFER, MORE, BUFFER_SHIFT, BUFFER_SIZE = 1, 2, 16, 512  # of a completion's flags, and ProvidedBuffers::kRoom
OPERATIONS = {6: "POLL_ADD", 13: "ACCEPT", 14: "ASYNC_CANCEL", 26: "SEND", 27: "RECV"}
# Where the kernel finds a call's arguments, and leaves its result.
REGISTERS = {"x86-64": (("rdi", "rsi", "rdx", "r10"), "rax"), "aarch64": (("x0", "x1", "x2", "x3"), "x0")}


def line_of(file, words):
    with open(file) as text:
        found = [number for number, line in enumerate(text, 1) if line.strip() == words]
    if len(found) != 1:
        raise gdb.GdbError(f"{file} has {len(found)} times: {words}")
    return found[0]


def memory(address, size):
    """As text, which it is here."""
    return gdb.selected_inferior().read_memory(address, size).tobytes().decode(errors="replace") if size else ""


class Rings:
    """The two rings, and the buffers, in the memory that program and kernel share."""

    def __init__(self, completions):
        ring = completions["ring_"]["ring"]
        self.submissions, self.completions, buffers = ring["sq"], ring["cq"], completions["buffers_"]
        self.bytes = int(buffers["bytes_"]["_M_impl"]["_M_start"])
        # A unique_ptr is a pointer.
        self.free = buffers["free_"].address.cast(gdb.lookup_type("io_uring_buf_ring").pointer().pointer()).dereference()

    def read(self):
        """What nobody has taken yet, in both. (The library counts the entries itself, and tells the kernel in the call.)"""
        entries, done = self.submissions, self.completions
        written = range(int(entries["khead"].dereference()), int(entries["sqe_tail"]))
        came = range(int(done["khead"].dereference()), int(done["ktail"].dereference()))
        return {"submission": {"head": written.start, "tail": written.stop, "entries": [self.entry(self.at(entries["sqes"], n, entries)) for n in written]},
                "completion": {"head": came.start, "tail": came.stop, "entries": [self.done(self.at(done["cqes"], n, done)) for n in came]},
                "given": int(self.free["tail"])}

    @staticmethod
    def at(array, number, ring):
        return array[number & int(ring["kring_mask"].dereference())]

    @staticmethod
    def entry(sqe):
        operation = OPERATIONS[int(sqe["opcode"])]
        entry = {"operation": operation, "fd": int(sqe["fd"]), "user_data": int(sqe["user_data"]), "multishot": bool(int(sqe["ioprio"]))}
        return {**entry, "bytes": memory(int(sqe["addr"]), int(sqe["len"]))} if operation == "SEND" else entry

    def done(self, cqe):
        flags, result = int(cqe["flags"]), int(cqe["res"])
        done = {"user_data": int(cqe["user_data"]), "result": result, "more": bool(flags & MORE)}
        if not flags & BUFFER:
            return done
        number = flags >> BUFFER_SHIFT
        return {**done, "buffer": number, "bytes": memory(self.bytes + number * BUFFER_SIZE, result)}


def frames():
    frame = gdb.newest_frame()
    while frame:
        yield frame
        frame = frame.older()


def main():
    gdb.execute("set pagination off")
    gdb.execute("break main", to_string=True)
    gdb.execute("run", to_string=True)
    gdb.execute("delete", to_string=True)
    source = os.path.dirname(gdb.selected_frame().find_sal().symtab.fullname())
    names, result = REGISTERS[next(name for name in REGISTERS if name in gdb.selected_frame().architecture().name().replace("_", "-"))]
    written = line_of(f"{source}/completions.hpp", "io_uring_sqe_set_data64(entry, token.word());") + 1
    looks = line_of(f"{source}/{SOURCE}", "const auto [kind, number] = Token::of(done);")
    gdb.Breakpoint(f"completions.hpp:{written}")
    gdb.Breakpoint(f"{SOURCE}:{looks}")
    gdb.execute("catch syscall io_uring_enter", to_string=True)
    rings, inside = None, False
    print(json.dumps({"pid": gdb.selected_inferior().pid}), flush=True)
    while sys.stdin.readline():
        gdb.execute("continue", to_string=True)
        if not gdb.selected_inferior().pid:
            break
        newest = gdb.newest_frame()
        function = newest.name() or ""
        event = {"line": next(at.line for frame in frames() if (at := frame.find_sal()).symtab and at.symtab.filename.endswith(SOURCE))}
        if function.startswith("Completions::submit"):
            event["stop"] = "written"
            rings = rings or Rings(newest.read_var("this").dereference())
        elif function == "(anonymous namespace)::Server::handle":
            event["stop"] = "looks"
            event["user_data"] = int(newest.read_var("done")["user_data"])
        else:
            inside = not inside
            event["stop"] = "enters" if inside else "is back"
            event["arguments"] = [int(newest.read_register(name)) for name in names]
            event["result"] = int(newest.read_register(result))
        print(json.dumps({**event, **rings.read()}), flush=True)
    if gdb.selected_inferior().pid:
        gdb.execute("kill", to_string=True)


main()
