"""What did the tasks of chapter 07's server do, and what woke them? A recording of a run with --trace.

The trace says who was polled, woken and spawned, and when. Where a coroutine then stands follows from its code, in
which each waits in two places; what woke it must be what it waited for there, or this raises.
"""

import json
import subprocess
import tempfile
from pathlib import Path

from moments import in_words, moments_of
from steps import ranges


def trace(build, clients, delay):
    """The events of the server's trace, in the order in which they took place."""
    chapter = build / "07_futures_tasks"
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "trace.json"
        milliseconds = f"{round(delay * 1000)}ms"
        server = subprocess.Popen([chapter / "server", "--port", "0", "--delay", milliseconds, "--connections",
                                   str(clients), "--trace", file], stderr=subprocess.PIPE, text=True)
        try:
            port = server.stderr.readline().strip().rsplit(":", 1)[1]
            subprocess.run([chapter / "client", "--port", port, "--clients", str(clients)], check=True,
                           stdout=subprocess.DEVNULL, timeout=60)
            server.communicate(timeout=60)
        finally:
            server.kill()
        return json.loads(file.read_text())["traceEvents"]


class Recorder:
    def __init__(self, events, clients):
        self.events, self.clients = events, clients
        self.tasks, self.queue = {}, []
        self.steps, self.shown, self.shown_tasks = [], {}, {}
        self.driver, self.timers, self.running = "awake", 0, None
        self.connections, self.bars = {}, []
        self.said = set()
        self.first = {}  # the task that was the first of which something was said

    def run(self):
        for event in self.events:
            self.event(event, event["ph"], event.get("name", ""), event.get("tid") if event.get("pid") == 1 else 0)
        return self

    def once(self, sentence, instead=""):
        """What a reader has been told need not be told ten times."""
        is_new = sentence not in self.said
        self.said.add(sentence)
        return sentence if is_new else instead

    def as_before(self, task, kind, says, again):
        """What is the same for ten tasks is told of the first one; of the others, in a word, that it is."""
        first = self.first.setdefault(kind, task)
        return says if first == task else again

    def event(self, event, ph, name, task):
        time = event.get("ts", 0) / 1e6
        if ph == "M":
            return
        if name == "spawned":
            self.spawned(task, time)
        elif ph == "B" and name == "poll":
            self.poll(task, time)
        elif ph == "E" and task:
            self.polled(task, event["args"]["result"], time)
        elif ph == "B" and name == "park":
            self.driver = "asleep"
            self.step(time, "driver", None, "epoll_wait", "waits", "The queue is empty. The thread sleeps in the driver, until a descriptor is ready" + (", or a timer's time has come." if self.timers else ". (No timer runs.)"))
        elif ph == "E" and self.driver == "asleep":
            self.driver = "awake"
        elif ph == "i" and name.startswith("fd "):
            self.told(event, name, time)
        elif ph == "s":
            self.wake(event, time)

    def told(self, event, name, time):
        """What the kernel says of a descriptor. Several of which nobody is woken are one step."""
        _, fd, *states = name.split()
        is_ = " and ".join(state for state in states if state in ("readable", "writable")) + (", and its client has hung up" if "hup" in states else "")
        follows = self.events[self.events.index(event) + 1]
        if follows["ph"] == "s":
            return self.step(time, "driver", None, name, "", f"The kernel tells: descriptor {fd} is {is_}. Task {self.woken_by(follows)}'s waker is there for that.")
        last = self.steps[-1]
        if last["who"] == "driver" and last.get("nobody", [None])[0] == is_:
            last["nobody"][1].append(int(fd))
            last["call"] = last["call"].replace(" " + name.split(" ", 2)[2], f", {fd} {name.split(' ', 2)[2]}")
            last["says"] = f"The kernel tells: descriptors {ranges(last['nobody'][1])} are {is_}. Nobody waits for that, so nobody is woken."
            return None
        self.step(time, "driver", None, name, "", f"The kernel tells: descriptor {fd} is {is_}. Nobody waits for that, so nobody is woken.")
        self.steps[-1]["nobody"] = [is_, [int(fd)]]

    def woken_by(self, event):
        """Which task that is, the end of the arrow says."""
        return next(one["tid"] for one in self.events if one["ph"] == "f" and one["id"] == event["id"])

    def wake(self, event, time):
        to = self.woken_by(event)
        task = self.tasks[to]
        if event["pid"] == 2 and task["waits"] == "a timer":
            self.timers -= 1
            by = "Its timer's time has come"
        elif event["pid"] == 2 and task["waits"] == "the listener":
            by = "Somebody wants to connect"
        elif event["pid"] == 2 and task["waits"] == "its client's goodbye":
            self.timers -= 1
            by = "The client has hung up"
        elif event["pid"] == 1 and task["waits"] == "a connection's end":
            by = "A connection has ended"
        else:
            raise RuntimeError(f"task {to} waits for {task['waits']}, and something else has woken it")
        self.queue.append(to)
        task["state"] = "in the queue"
        task["waits"] = ""
        says = f"{by}: the waker of task {to} is called. " + self.once("That puts the task into the queue, and does nothing else.", "That puts the task into the queue.")
        if to in self.connections:
            first = self.first.get(by, to)
            says = self.as_before(to, by, says, f"{by}: task {to} is put into the queue, as task {first} was.")
            last = self.steps[-1]
            if by.startswith("Its timer") and to != first != last.get("woken", [first])[0]:
                # Nothing comes between: they are one step.
                last["woken"].append(to)
                last["call"] = f"wake tasks {ranges(last['woken'])}"
                last["says"] = f"The times of tasks {ranges(last['woken'])} have come, too: they are put into the queue, as task {first} was."
                changed = self.changes()
                last["set"].update(changed, tasks=[*last["set"]["tasks"], *changed["tasks"]])
                return
        # Who wakes another one is in its own line; the driver is in none.
        at = task["at"] if event["pid"] == 2 else self.tasks[event["tid"]]["at"]
        self.step(time, "driver" if event["pid"] == 2 else f"task {event['tid']}", at, f"wake task {to}", "", says)
        self.steps[-1]["woken"] = [to]

    def spawned(self, task, time):
        is_first = not self.tasks
        if not is_first:
            self.connections[task] = len(self.connections) + 1
            self.bars.append([time, None, None])
        name = "serve" if is_first else f"connection {self.connections[task]}"
        self.tasks[task] = {"name": name, "state": "in the queue", "at": "begin" if is_first else "start", "waits": ""}
        self.queue.append(task)
        if self.running:
            self.tasks[self.running]["at"] = "spawn"
        self.step(time, f"task {self.running}" if self.running else "main", "begin" if is_first else "spawn", f"spawn task {task}", "",
                  "block_on makes a task of the coroutine serve, and puts it into the queue." if is_first else
                  f"A task for connection {self.connections[task]}: task {task}. It goes into the queue" + self.once(", and its code has not begun") + ".")

    def poll(self, task, time):
        self.queue.remove(task)
        one = self.tasks[task]
        began = one["at"] in ("begin", "start")
        one["state"], self.running = "is polled", task
        at = one["at"] = {"begin": "accept"}.get(one["at"], one["at"])
        says = f"The thread takes task {task} ({one['name']}) out of the queue and polls it: its code {'begins' if began else 'goes on where it stood'}."
        if task in self.connections:
            kind = f"polled at {at}"
            first = self.first.get(kind, task)
            says = self.as_before(task, kind, says, f"Task {task} ({one['name']}) is polled, as task {first} was.")
        self.step(time, f"task {task}", at, f"poll task {task}", "", says)

    def polled(self, task, result, time):
        one, self.running = self.tasks[task], None
        if result == "pending":
            if task in self.connections and one["at"] != "start":
                one["at"], one["waits"] = "goodbye", "its client's goodbye"
                self.bars[self.connections[task] - 1][2] = time
                self.timers += 1
                says = f"“end {self.connections[task]}” is written. " + self.once(
                    "Then say_goodbye says pending: it waits until the client hangs up, too. The waker is with the socket's readiness now, and with a timer, in case that takes too long.",
                    f"Pending, and its waker is where task {self.first['polled at sleep']}'s is.")
            elif task in self.connections:
                one["at"], one["waits"] = "sleep", "a timer"
                self.bars[self.connections[task] - 1][1] = time
                self.timers += 1
                says = f"“start {self.connections[task]}” is written. " + self.once(
                    "Then sleep says pending: the task's waker is with a timer now, and the frame of the coroutine stays as it is.",
                    f"Pending, and its waker is with a timer, too.")
            elif len(self.connections) < self.clients:
                one["at"], one["waits"] = "accept", "the listener"
                says = "Nobody is there to be accepted: pending. The task's waker is with the listener's readiness now."
            else:
                one["at"], one["waits"] = "finish", "a connection's end"
                left = sum(self.tasks[number]["state"] != "ended" for number in self.connections)
                says = self.once("All connections that were wanted are there. Pending: its waker is called when a connection ends.",
                                 f"This wake was of no use: {in_words(left)} of the connections {'has' if left == 1 else 'have'} not ended. Pending again, until another one ends.")
            one["state"] = "suspended"
            self.step(time, f"task {task}", one["at"], "pending", "", says)
        else:
            if result != "ready":
                raise RuntimeError(f"task {task}: {result}")
            one.update(state="ended", at="over" if task in self.connections else "finish", waits="")
            if task in self.connections:
                says = f"Ready: the coroutine of connection {self.connections[task]} is at its end" + self.once(", its frame is gone, and with it the socket") + "."
            else:
                says = "serve is at its end: block_on returns. Task 2's waker was with a timer, then with its socket's readiness. The driver called it, and so put the task into the queue."
            self.step(time, f"task {task}", one["at"], "ready", "", says)

    def changes(self):
        """What is not as it was shown last."""
        state = {"queue": list(self.queue), "driver": self.driver, "timers": self.timers}
        changed = {key: value for key, value in state.items() if self.shown.get(key) != value}
        # Of the tasks only those that have changed: all of them in each step would be too much to read.
        tasks = [{"n": number, **task} for number, task in self.tasks.items() if self.shown_tasks.get(number) != task]
        if tasks:
            changed["tasks"] = tasks
        self.shown.update(state)
        self.shown_tasks = {number: dict(task) for number, task in self.tasks.items()}
        return changed

    def step(self, time, who, at, call, is_, says):
        self.steps.append({"t": round(time, 6), "who": who, "at": at or self.steps[-1]["at"], "call": call, "is": is_,
                           "says": says, "set": self.changes()})


def record(build, clients, delay, title, watch, made, code):
    # In most runs serve is once woken for nothing, and a reader is to see that.
    for _ in range(20):
        done = Recorder(trace(build, clients, delay), clients).run()
        if any("of no use" in step["says"] for step in done.steps):
            break
    for step in done.steps:
        step.pop("nobody", None)
        step.pop("woken", None)
    return {"kind": "trace", "chapter": "07_futures_tasks", "title": title, "watch": watch, "made": made, "delay": delay,
            "end": done.steps[-1]["t"], "code": code, "names": {},
            "bars": [[round(time, 6) for time in bar] for bar in done.bars], "moments": moments_of("07_futures_tasks", done.steps),
            "steps": done.steps}
