"""Which moments of a run are worth a look of their own? Those of which the chapter's text speaks, found by what happens in them.

A moment in a recording is [its step, its name].
"""

from dataclasses import dataclass
from typing import Callable

NUMBERS = ("nobody", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(number):
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


@dataclass
class Moment:
    name: str                   # with {} where its measure goes
    measure: Callable           # of a step and its state: 0 or False where it is not meant
    most: bool = False          # the step that has the most of it, and not the first that has any


def starts_to_sleep(step, _):
    return step["is"] == "waits"


def calls(call, text=""):
    return lambda step, _: step["call"].startswith(call) and text in step["call"]


def says(text):
    return lambda step, _: text in step["says"]


def told_of(fd_name):
    """epoll_wait is back, and names that descriptor."""
    return lambda step, _: step["call"].startswith("epoll_wait") and step["is"].startswith("=") and f"({fd_name})" in step["says"]


def connections_asleep(step, state):
    """How many are there while the server sleeps."""
    return len([one for one in state.get("sockets", []) if not one["closed"]]) if starts_to_sleep(step, state) else 0


def listener_is_off(step, _):
    return step["call"].startswith("epoll_wait") and "off the ready list" in step["says"]


def accepts(which):
    return lambda step, _: step["at"] == "accept" and f" client {which} " in step["says"]


def asleep_with(what):
    """How many tasks wait for it while the driver sleeps."""
    return lambda step, state: sum(task["waits"] == what for task in state["tasks"]) if starts_to_sleep(step, state) else 0


NOBODY = Moment("nobody is here", starts_to_sleep)
FIRST_START = Moment("the first start", calls("write", '"start '))
FIRST_END = Moment("the first end", calls("write", '"end '))
ALL_WAIT = Moment("{} wait", connections_asleep, most=True)
GONE = Moment("all have gone", None)  # the last step

MOMENTS = {
    "01_blocking": [
        NOBODY, FIRST_START, Moment("{} wait in the queue", lambda _, state: len(state["queue"]), most=True),
        Moment("client 2's turn", accepts(2)), Moment("client 10's turn", accepts(10)), GONE],
    "02_threads": [
        NOBODY, Moment("the first thread", calls("clone3")),
        Moment("{} threads", lambda step, state: len(state["threads"]) if starts_to_sleep(step, state) else 0, most=True), FIRST_END, GONE],
    "03_nonblocking_busy": [
        Moment("it asks: nobody", lambda step, _: "EAGAIN" in step["is"]), FIRST_START,
        Moment("it asks {} times", lambda step, _: step.get("times", 0), most=True), FIRST_END, GONE],
    "04_poll": [
        NOBODY, Moment("somebody comes", lambda step, _: step["call"].startswith("poll") and step["is"].startswith("=")),
        FIRST_START, ALL_WAIT, FIRST_END, GONE],
    "05_epoll_level": [
        NOBODY, Moment("the listener is told", told_of("the listener")), Moment("off the list", listener_is_off),
        ALL_WAIT, FIRST_END, GONE],
    "06_epoll_edge": [
        NOBODY, Moment("the listener is told", told_of("the listener")), FIRST_START, ALL_WAIT, FIRST_END, GONE],
    "07_futures_tasks": [
        NOBODY, Moment("task 2 is made", calls("spawn task 2")),
        Moment("{} timers run", asleep_with("a timer"), most=True),
        Moment("task 2 is woken", lambda step, _: step["call"] == "wake task 2" and "timer" in step["says"]),
        Moment("{} wait for a goodbye", asleep_with("its client's goodbye"), most=True),
        Moment("all have ended", None)],
}

# Those of the echo servers: by the names of the cases in record.py.
ARRIVE = Moment("40,000 bytes arrive", calls("write(1, "))
ECHO_MOMENTS = {
    "level (05)": [ARRIVE, Moment("it is told again", says("told again")), Moment("the last of them", says("takes the last")), Moment("both are done", None)],
    "edge, --no-drain (06)": [ARRIVE, Moment("it is told", says("bytes are there")), Moment("it sleeps", lambda step, _: starts_to_sleep(step, _) and "bytes lie in" in step["says"]), Moment("both sleep", None)],
    "edge (06)": [ARRIVE, Moment("it is told", says("bytes are there")), Moment("the last of them", says("takes the last")), Moment("both are done", None)],
}

# Those of the programs with a poller.
WAKE_MOMENTS = {
    "asleep: poller_mixed": [
        Moment("both sleep", starts_to_sleep), Moment("the bell rings", says("it calls set")), Moment("a datagram", says("A client sends")),
        Moment("it rings again", says("The next tick")), Moment("both sleep again", None)],
    "about to sleep: poller_pipe": [
        Moment("1,000 sets, no write", says("never wrote")), Moment("the gap", says("Here is the gap")), Moment("one write", says("Thread 2 reads")),
        Moment("nobody slept", says("never slept")), Moment("not lost", None)],
    "oneshot: poller_triggers": [
        Moment("the one shot", says("the one shot")), Moment("two bytes, no event", says("2 bytes are there")), Moment("armed again", says("is armed")),
        Moment("off again", None)],
}

# Those of the server on two rings.
RING_MOMENTS = {"two_rings": [
    Moment("it is written down", says("That is memory")), NOBODY,
    Moment("{} completions", lambda step, state: len(state["completion"]["entries"]) if step["is"].startswith("=") else 0, most=True),
    Moment("{} entries", lambda _, state: len(state["submission"]["entries"]), most=True),
    Moment("client 1 leaves", says(", and leaves")), Moment("all words are back", None)]}


def states_of(steps):
    """All that is there after each step. Of the tasks, a step has only those that have changed."""
    states, state = [], {}
    for step in steps:
        tasks = {task["n"]: task for task in [*state.get("tasks", []), *step["set"].get("tasks", [])]}
        state = {**state, **step["set"], "tasks": list(tasks.values())}
        states.append(state)
    return states


def moments_of(chapter, steps):
    """Those that the run has had, in their order."""
    states = states_of(steps)
    *moments, last = {**MOMENTS, **ECHO_MOMENTS, **WAKE_MOMENTS, **RING_MOMENTS}[chapter]
    found = {len(steps) - 1: last.name}
    for moment in moments:
        measures = [moment.measure(step, state) for step, state in zip(steps, states)]
        most = max(measures)
        if most:
            index = measures.index(most) if moment.most else next(index for index, one in enumerate(measures) if one)
            # Two in one step are one.
            found[index] = ", ".join(filter(None, [found.get(index), moment.name.format(in_words(most))]))
    return [[index, found[index]] for index in sorted(found)]
