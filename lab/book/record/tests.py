"""Do the recordings say what is so? tests.py lines, for all that needs no run; tests.py runs BUILD and tests.py rings BUILD, which record
again.

These exit with 77 where strace may not trace, and where there is no gdb or no ring."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import chapters  # noqa: E402
import record  # noqa: E402
import rings  # noqa: E402
from calls import read_calls  # noqa: E402
from kernel import EchoKernel, Kernel, Surprise  # noqa: E402
from moments import ECHO_MOMENTS, MOMENTS, RING_MOMENTS, WAKE_MOMENTS, in_words, moments_of, states_of  # noqa: E402
from poller import AWAKE, HELD, SLEEPS, WOKEN, Pipe, PollerKernel  # noqa: E402
from steps import Steps, ranges, shortened  # noqa: E402

BUILD = Path()
AGAIN = None  # a new run with two rings


def recordings():
    return {chapter: json.loads((HERE.parent / "recordings" / f"{chapter}.json").read_text()) for chapter in chapters.LINES}


def stories(recording):
    """What has been done for each client, one thing after the other: that is the same in every run."""
    all_of_them = {}
    for step in recording["steps"]:
        found = re.search(r"(?:client|connection|“start|“end) (\d+)", step["says"])
        if found and step["call"].split("(")[0] not in ("poll", "epoll_wait", "connect", "ppoll", "epoll_pwait"):
            what = re.sub(r"\d+", "N", step["call"].split("(")[0])
            all_of_them.setdefault(found[1], []).append((step["at"], what))
    return all_of_them


def echoes():
    return json.loads((HERE.parent / "recordings" / "forty_thousand.json").read_text())["cases"]


def wakes():
    return json.loads((HERE.parent / "recordings" / "wake_the_poller.json").read_text())["cases"]


def story_of(wake):
    """Each step of a program with a poller, what epoll_wait said in it, and what lay where after it: that is the same in every run."""
    return [(step["who"], step["at"], step["call"].split("(")[0], step["is"] if step["call"].startswith("epoll_wait") else "",
             state["note"], state["queued"], [much for _, much in state["lies"]], len(state["epoll"]["ready"]))
            for step, state in zip(wake["steps"], states_of(wake["steps"]))]


def calls_of(echo):
    """Each step of an echo server and its client: that is the same in every run, but for how the client reads."""
    return [(step["who"], step["at"], step["call"].split("(")[0], step["is"].split(" (")[0]) for step in echo["steps"]]


class Echoes(unittest.TestCase):
    def reads(self, echo):
        return [(step["is"], step["says"]) for step in echo["steps"] if step["who"] == "main" and step["call"].startswith("read(") and "EAGAIN" not in step["is"]]

    def unread(self, echo):
        return [state["sockets"][0]["unread"] for state in states_of(echo["steps"]) if state["sockets"]]

    def test_the_lines_that_a_recording_shows_are_where_it_says_they_are(self):
        for echo in echoes():
            self.assertEqual(echo["code"], chapters.code_of(record.ROOT, echo["chapter"], "echo_server"),
                             "lab/book/record/record.py --lines finds them again")

    def test_there_is_one_for_each_way_to_be_told_and_it_is_short(self):
        self.assertEqual([echo["name"] for echo in echoes()], [name for name, *_ in record.ECHOES])
        for echo in echoes():
            self.assertIn(len(echo["steps"]), range(10, 26))
            self.assertTrue(echo["watch"].endswith("?"))
            self.assertEqual(echo["moments"], moments_of(echo["name"], echo["steps"]), "record.py makes them")
            self.assertEqual(len(echo["moments"]), len(ECHO_MOMENTS[echo["name"]]))

    def test_level_is_told_for_each_read_and_an_edge_once(self):
        told = [sum("bytes are there" in step["says"] or "told again" in step["says"] for step in echo["steps"]) for echo in echoes()]
        self.assertEqual(told, [3, 1, 1])
        self.assertEqual([len(self.reads(echo)) for echo in echoes()], [3, 1, 3])

    def test_without_draining_the_rest_is_in_the_socket_when_both_sleep(self):
        level, no_drain, edge = echoes()
        for echo in (level, edge):
            self.assertEqual(sorted(set(self.unread(echo)), reverse=True), [40_000, 23_616, 7_232, 0])
            self.assertEqual((self.unread(echo)[-1], states_of(echo["steps"])[-1]["back"]), (0, 40_000))
        self.assertEqual(self.unread(no_drain)[-1], 23_616)
        state = states_of(no_drain["steps"])[-1]
        self.assertEqual((state["back"], state["epoll"]["ready"], state["threads"]), (16_384, [], [["main", "epoll_wait"]]))
        self.assertIn("nothing tells it again", no_drain["steps"][-1]["says"])


class Wakes(unittest.TestCase):
    def test_the_lines_that_a_recording_shows_are_where_it_says_they_are(self):
        for wake, (_, program, *_) in zip(wakes(), record.WAKES):
            self.assertEqual(wake["code"], chapters.code_of(record.ROOT, "06_epoll_edge", program), "lab/book/record/record.py --lines finds them again")
            for step in wake["steps"]:
                self.assertIn(step["at"], wake["code"]["at"])

    def test_each_is_short_and_has_its_moments(self):
        self.assertEqual([wake["name"] for wake in wakes()], [name for name, *_ in record.WAKES])
        for wake in wakes():
            self.assertIn(len(wake["steps"]), range(14, 26))
            self.assertTrue(wake["watch"].endswith("?"))
            self.assertEqual(wake["moments"], moments_of(wake["name"], wake["steps"]), "record.py makes them")
            self.assertEqual(len(wake["moments"]), len(WAKE_MOMENTS[wake["name"]]))

    def test_a_tick_is_told_with_the_bells_token_and_a_datagram_with_its_own(self):
        mixed = wakes()[0]
        told = [re.search(r"u64=(\d+)", step["call"])[1] for step in mixed["steps"] if step["call"].startswith("epoll_wait") and step["is"] == "= 1"]
        bell = next(token for fd, token in mixed["tokens"].items() if mixed["names"][fd] == "the bell")
        self.assertEqual(told, [bell, "1", bell])
        for step, state in zip(mixed["steps"], states_of(mixed["steps"])):
            if step["is"] == "waits":
                self.assertEqual((state["note"], state["threads"]), (SLEEPS, [["main", "epoll_wait"], ["thread 1", "futex"]]))
        self.assertEqual(mixed["steps"][-1]["is"], "waits")

    def test_who_is_about_to_sleep_is_woken_by_what_lies_in_the_bell(self):
        pipe = wakes()[1]
        gap = next(index for index, step in enumerate(pipe["steps"]) if "Here is the gap" in step["says"])
        held, rung, ended, back = pipe["steps"][gap:gap + 4]
        self.assertEqual([one["who"] for one in (held, rung, ended, back)], ["main", "thread 2", "thread 2", "main"])
        self.assertLess(ended["t"], held["t"] + HELD)
        self.assertGreaterEqual(back["t"], held["t"] + HELD)
        self.assertEqual([state["note"] for state in states_of(pipe["steps"])[gap:gap + 4]], [SLEEPS, WOKEN, WOKEN, AWAKE])
        self.assertFalse(any(does == "epoll_wait" for state in states_of(pipe["steps"]) for _, does in state["threads"]), "nobody sleeps there")
        self.assertEqual(sum(step["call"].startswith("write(4") for step in pipe["steps"]), 1)

    def test_a_oneshot_is_off_from_its_event_to_the_next_registration(self):
        triggers = wakes()[2]
        armed = True
        for step in triggers["steps"][2:]:
            told = step["call"].startswith("epoll_wait") and step["is"] == "= 1"
            self.assertFalse(told and not armed, step["says"])
            armed = (armed or "EPOLL_CTL_MOD" in step["call"]) and not told
        told = [step["is"] for step in triggers["steps"] if step["call"].startswith("epoll_wait")]
        self.assertEqual(told, ["= 1", "= 0", "= 0", "= 1", "= 0", "= 0", "= 0"])


def two_rings():
    return json.loads((HERE.parent / "recordings" / "two_rings.json").read_text())


def written_and_done(recording):
    """Each entry, what each has completed with, and the buffers that are free then: that is the same in every run, in whatever
    order and with however many calls."""
    entries, done = [], {}
    states = states_of(recording["steps"])
    for step, state in zip(recording["steps"], states):
        if step["call"].startswith("io_uring_sqe"):
            entries.append([state["submission"]["entries"][-1][key] for key in ("user_data", "operation", "multishot")])
        elif step["call"].startswith("io_uring_cqe"):
            one = state["completion"]["entries"][0]
            result = "a descriptor" if one["user_data"] == 2 else one["result"]
            done.setdefault(one["user_data"], []).append((result, one["more"], one.get("bytes") or None))
    return sorted(entries), done, states[-1]["buffers"]["free"]


class Rings(unittest.TestCase):
    def setUp(self):
        self.recording = two_rings()
        self.steps = self.recording["steps"]
        self.states = states_of(self.steps)

    def test_the_lines_that_a_recording_shows_are_where_it_says_they_are(self):
        self.assertEqual(self.recording["code"], chapters.code_of(record.ROOT, rings.CHAPTER, rings.PROGRAM), "lab/book/record/record.py --lines finds them again")

    def test_it_is_short_and_has_its_moments(self):
        self.assertIn(len(self.steps), range(30, 41))
        self.assertTrue(self.recording["watch"].endswith("?"))
        self.assertEqual(self.recording["moments"], moments_of("two_rings", self.steps), "record.py makes them")
        self.assertEqual(len(self.recording["moments"]), len(RING_MOMENTS["two_rings"]))

    def test_what_is_written_is_handed_over_by_a_call_and_is_done_only_then(self):
        for step, before, state in zip(self.steps[1:], self.states, self.states[1:]):
            if not step["call"].startswith("io_uring_enter"):
                self.assertEqual((state["kernel"], state["submission"]["head"]), (before["kernel"], before["submission"]["head"]), step["says"])
            if step["is"] == "waits":
                self.assertEqual(state["submission"]["entries"], [])
                self.assertEqual(state["kernel"], before["kernel"] + before["submission"]["entries"])
            if step["is"].startswith("="):
                handed_over = [entry["user_data"] for entry in before["kernel"] + before["submission"]["entries"]]
                for one in state["completion"]["entries"] if step["who"] == "main" else []:
                    self.assertIn(one["user_data"], handed_over)
                    self.assertEqual(one["more"], one["user_data"] in [entry["user_data"] for entry in state["kernel"]])

    def test_heads_and_tails_say_how_much_there_is_and_so_does_the_tally(self):
        for state in self.states:
            for ring in ("submission", "completion"):
                self.assertEqual(state[ring]["tail"] - state[ring]["head"], len(state[ring]["entries"]))
            self.assertEqual((state["tally"][0], state["tally"][2]), (state["submission"]["tail"], state["completion"]["tail"]))

    def test_a_buffer_is_the_servers_or_the_kernels_and_what_is_sent_is_lent_until_it_is_done(self):
        for state in self.states:
            self.assertEqual(state["buffers"]["free"] + len(state["buffers"]["taken"]), rings.BUFFERS)
            asked = [entry["user_data"] // 8 for entry in state["submission"]["entries"] + state["kernel"] if entry["operation"] == "SEND"]
            self.assertEqual([one["client"] for one in state["lent"]], asked)
        self.assertEqual((self.states[-1]["buffers"]["free"], self.states[-1]["lent"]), (rings.BUFFERS, []))

    def test_what_the_last_step_says_is_so(self):
        entries, done, _ = written_and_done(self.recording)
        brought = [len(state["completion"]["entries"]) for step, state in zip(self.steps, self.states) if step["call"].startswith("io_uring_enter") and step["is"].startswith("=")]
        self.assertIn(f"{in_words(len(entries))} entries, {in_words(len(brought) + 1)} calls, {in_words(sum(map(len, done.values())))} completions", self.steps[-1]["says"])
        self.assertIn(f"one entry gave {in_words(len(done[2]))} of them, and a single call brought {in_words(max(brought))}.", self.steps[-1]["says"])
        self.assertEqual(self.states[-1]["tally"], [len(entries), len(brought) + 1, sum(brought)])
        words = [bytes for owner, all_of_them in sorted(done.items()) if owner % 8 == 3 for _, _, bytes in all_of_them]
        self.assertEqual(words, ["one\n", "more\n", None, "two\n", "three\n"])


class RingRuns(unittest.TestCase):
    def test_in_a_new_run_the_same_is_written_and_done(self):
        self.assertEqual(written_and_done(AGAIN), written_and_done(two_rings()))


class Lines(unittest.TestCase):
    def test_the_lines_that_a_recording_shows_are_where_it_says_they_are(self):
        for chapter, recording in recordings().items():
            self.assertEqual(recording["code"], chapters.code_of(record.ROOT, chapter),
                             "lab/book/record/record.py --lines finds them again")

    def test_who_looks_for_the_lines_again_finds_them_in_each_recording(self):
        with tempfile.TemporaryDirectory() as directory:
            there = Path(shutil.copytree(HERE.parent / "recordings", Path(directory) / "recordings"))
            recorded = {file.name: file.read_text() for file in there.iterdir()}
            for file in there.iterdir():
                file.write_text(re.sub(r'"at": {[^{}]*},\n "lines": ', '"at": {},\n "lines": ', file.read_text()))
            subprocess.run([HERE / "record.py", "--lines", "--into", there], check=True, stdout=subprocess.DEVNULL)
            self.assertEqual({file.name: file.read_text() for file in there.iterdir()}, recorded)

    def test_a_line_that_is_not_there_any_more_is_missed(self):
        before = dict(chapters.LINES["01_blocking"])
        chapters.LINES["01_blocking"]["sleep"] = "std::this_thread::yield();"
        try:
            with self.assertRaisesRegex(chapters.Moved, "01_blocking/server.cpp has 0 times: std::this_thread::yield"):
                chapters.code_of(record.ROOT, "01_blocking")
        finally:
            chapters.LINES["01_blocking"] = before

    def test_the_lines_that_a_game_is_about_are_in_the_runtime_once(self):
        text = (record.ROOT / "07_futures_tasks/runtime/io/scheduled_io.hpp").read_text()
        games = json.loads((HERE.parent / "recordings" / "lose_the_wake_up.json").read_text())["games"]
        for game in games:
            self.assertEqual(text.count(game["about"]["line"]), 1, game["title"])
            self.assertIn(f" {game['about']['function']}(Direction direction, ", text)
        self.assertEqual([game["about"]["left_out"] for game in games], [True, False, True, False])

    def test_each_step_is_at_a_line_and_each_recording_ends_with_nothing_left(self):
        for chapter, recording in recordings().items():
            for step in recording["steps"]:
                self.assertIn(step["at"], recording["code"]["at"])
                self.assertTrue(step["says"])
            state = states_of(recording["steps"])[-1]
            self.assertEqual(state["queue"], [], chapter)
            self.assertEqual(state.get("sockets", []), [], chapter)
            self.assertTrue(all(task["state"] == "ended" for task in state["tasks"]), chapter)

    def test_a_recording_is_small_and_has_one_step_in_a_line(self):
        for chapter in chapters.LINES:
            lines = (HERE.parent / "recordings" / f"{chapter}.json").read_text().splitlines()
            self.assertLess(len(lines), 200)
            self.assertEqual(sum('"says":' in line for line in lines), len(recordings()[chapter]["steps"]))

    def test_its_moments_are_those_of_which_the_chapter_speaks_with_all_ten_clients(self):
        many = {"01_blocking": "nine wait in the queue", "02_threads": "eleven threads", "07_futures_tasks": "ten timers run",
                **dict.fromkeys(["04_poll", "05_epoll_level", "06_epoll_edge"], "ten wait")}
        for chapter, recording in recordings().items():
            moments = recording["moments"]
            self.assertEqual(moments, moments_of(chapter, recording["steps"]), "record.py makes them")
            names = [name for _, of_step in moments for name in of_step.split(", ")]
            self.assertEqual(len(names), len(MOMENTS[chapter]), chapter)
            self.assertIn(len(moments), range(4, 7))
            self.assertEqual(moments[-1][0], len(recording["steps"]) - 1)
            self.assertIn(many.get(chapter, names[0]), names)

    def test_ten_wait_at_the_moment_that_says_so(self):
        for chapter in ("04_poll", "05_epoll_level", "06_epoll_edge"):
            recording = recordings()[chapter]
            step = next(step for step, name in recording["moments"] if "ten wait" in name)
            state = states_of(recording["steps"])[step]
            self.assertEqual({socket["client"] for socket in state["sockets"]}, set(range(1, 11)), chapter)
            self.assertTrue(state["threads"][0][1], chapter)

    def test_each_clients_bar_grows_from_its_connect_to_its_start_and_its_end(self):
        for recording in recordings().values():
            self.assertEqual(len(recording["bars"]), 10)
            for bar in recording["bars"]:
                self.assertEqual(bar, sorted(bar))

    def test_no_bar_ends_before_the_step_in_which_the_server_has_written_the_end(self):
        for chapter, recording in recordings().items():
            for step in recording["steps"]:
                if found := re.search(r"“end (\d+)”", step["says"]):
                    number = int(found[1])
                    owner = number if chapter == "07_futures_tasks" else int(re.search(r"client (\d+)", step["says"])[1])
                    self.assertGreaterEqual(recording["bars"][owner - 1][2], step["t"], chapter)

    def test_at_the_end_each_client_has_had_its_end(self):
        for chapter, recording in recordings().items():
            self.assertGreaterEqual(recording["end"], max(bar[2] for bar in recording["bars"]), chapter)

    def test_each_start_and_each_end_is_written_once(self):
        for chapter, recording in recordings().items():
            says = " ".join(step["says"] for step in recording["steps"])
            for number in range(1, record.CLIENTS + 1):
                for word in ("start", "end"):
                    self.assertEqual(len(re.findall(f"“{word} {number}”(?: is written|: )", says)), 1, f"{chapter}: {word} {number}")

    def test_the_second_goes_by_while_somebody_is_seen_to_sleep(self):
        for chapter, recording in recordings().items():
            if chapter == "03_nonblocking_busy":
                continue
            steps = recording["steps"]
            gap, before = max(((after["t"] - before["t"], before) for before, after in zip(steps, steps[1:])), key=lambda one: one[0])
            self.assertGreater(gap, 0.5, chapter)
            state = states_of(steps)[steps.index(before)]
            self.assertTrue(state.get("driver") == "asleep" or any(does for _, does in state.get("threads", [])), chapter)

    def test_what_clients_read_while_the_server_sleeps_is_told_where_it_falls_asleep(self):
        for chapter, recording in recordings().items():
            for step, after in zip(recording["steps"], recording["steps"][1:]):
                if after["t"] - step["t"] > 0.5 and chapter != "03_nonblocking_busy":
                    self.assertNotIn("meanwhile", after, chapter)

    def test_nobody_has_read_the_end_of_file_before_the_end(self):
        for chapter, recording in recordings().items():
            for step in recording["steps"]:
                told = [re.search("“start”|“end”|the end of file", one)[0] for one in step.get("meanwhile", [])]
                self.assertEqual(told, sorted(told, key=["“start”", "“end”", "the end of file"].index), f"{chapter}: {step['says']}")
                self.assertNotRegex(step["says"], "(?i)meanwhile", chapter)

    def test_a_call_that_sleeps_says_how_long_and_is_short(self):
        for chapter, recording in recordings().items():
            for step in recording["steps"]:
                self.assertLess(len(step["call"]) + len(step["is"]), 240, chapter)
                if step["is"] == "waits" and step["call"].startswith("poll"):
                    self.assertRegex(step["call"], r", \d+, -?\d+ …$")

    def test_at_the_end_the_server_sleeps_and_the_question_is_answered(self):
        self.assertEqual({*record.ANSWERS, "07_futures_tasks"}, set(record.WATCH))
        for chapter, recording in recordings().items():
            state, says = states_of(recording["steps"])[-1], recording["steps"][-1]["says"]
            if chapter == "07_futures_tasks":
                self.assertIn("Task 2's waker was with", says)
                continue
            self.assertEqual(bool(state["threads"][0][1]), chapter != "03_nonblocking_busy", chapter)
            self.assertRegex(says, r"^All have read all\. \S+")

    def test_who_sleeps_finds_nothing_ready(self):
        for chapter, recording in recordings().items():
            for step, after in zip(recording["steps"], recording["steps"][1:]):
                if "Nothing is ready: the thread sleeps" in step["says"] and after["who"] == "main":
                    self.assertRegex(after["is"], r"^= 0", chapter)

    def test_a_socket_is_closed_where_its_block_ends(self):
        for chapter, closes in (("01_blocking", "  }"), ("02_threads", "    });")):
            code = recordings()[chapter]["code"]
            self.assertEqual(dict(code["lines"])[code["at"]["close"]], closes)

    def test_a_task_that_is_at_work_is_in_the_line_that_is_lit(self):
        steps = recordings()["07_futures_tasks"]["steps"]
        for step, state in zip(steps, states_of(steps)):
            if step["who"].startswith("task "):
                task = next(task for task in state["tasks"] if task["n"] == int(step["who"].split()[1]))
                self.assertEqual(task["at"], step["at"], step["says"])

    def test_in_chapter_01_nobody_is_served_before_the_one_before_has_had_its_end(self):
        bars = recordings()["01_blocking"]["bars"]
        for before, after in zip(bars, bars[1:]):
            self.assertLessEqual(before[2], after[1])

    def test_in_the_chapters_after_it_all_have_had_their_start_before_anybody_has_had_its_end(self):
        for chapter in list(chapters.LINES)[1:]:
            bars = recordings()[chapter]["bars"]
            self.assertLess(max(bar[1] for bar in bars), min(bar[2] for bar in bars))


class Calls(unittest.TestCase):
    def test_a_call_that_something_comes_between_is_one_call(self):
        events = read_calls(['1  10.5 read(7<TCP:[127.0.0.1:1->127.0.0.1:2]>,  <unfinished ...>',
                             '2  10.6 close(3<pipe:[5]>) = 0',
                             '1  10.7 <... read resumed>"a = b", 10) = 5'])
        self.assertEqual([(event.kind, event.call.name) for event in events],
                         [("begins", "read"), ("begins", "close"), ("ends", "close"), ("ends", "read")])
        call = events[0].call
        self.assertEqual((call.fd, call.result, call.fds), (7, "5", {7: "TCP:[127.0.0.1:1->127.0.0.1:2]"}))
        self.assertEqual(call.whole, 'read(7, "a = b", 10)')

    def test_a_call_that_nothing_comes_between_ends_when_it_has_taken_its_time(self):
        events = read_calls(["1 1.0 epoll_wait(5<anon_inode:[eventpoll]>, [], 64, 996) = 0 <0.500000>"])
        self.assertEqual([(event.kind, event.time) for event in events], [("begins", 1.0), ("ends", 1.5)])
        self.assertEqual((events[1].call.result, events[1].call.ended), ("0", 1.5))

    def test_what_a_call_has_filled_in_stands_where_strace_has_it(self):
        call = read_calls(["1 1.0 epoll_wait(5<anon_inode:[eventpoll]>, [{events=EPOLLIN, data={u32=0, u64=0}}], 64, -1) = 1"])[1].call
        self.assertEqual(call.whole, "epoll_wait(5, [{events=EPOLLIN, data={u32=0, u64=0}}], 64, -1)")
        self.assertEqual(call.result, "1")


class InWords(unittest.TestCase):
    def test_many_numbers_are_a_few(self):
        self.assertEqual([ranges(one) for one in ([4], [1, 2], [3, 1, 2], [1, 2, 3, 5, 7, 8, 9, 10])],
                         ["4", "1 and 2", "1 to 3", "1 to 3, 5 and 7 to 10"])

    def test_a_thread_that_is_at_work_before_clone3_is_back_has_its_calls(self):
        events = read_calls(['1 1.0 execve("/build/02_threads/server", ["server"], 0x7 /* 9 vars */) = 0',
                             '1 1.1 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 5',
                             '1 1.2 clone3({flags=CLONE_THREAD} <unfinished ...>',
                             '2 1.3 clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=0}, NULL) = 0 <1.0>',
                             '1 1.4 <... clone3 resumed>) = 2'])
        steps = Steps("02_threads", events).run().steps
        self.assertEqual([step["who"] for step in steps], ["main", "main", "thread 1", "thread 1"])


    def test_of_three_and_more_there_are_two(self):
        self.assertEqual(shortened("poll([{fd=3, events=POLLIN}, {fd=5}, {fd=7}, {fd=8}], 4, 993"), "poll([{fd=3, events=POLLIN}, {fd=5}, …], 4, 993")
        self.assertEqual(shortened("[{a, b={c}}, {d}]"), "[{a, b={c}}, {d}]")
        self.assertEqual(shortened("= 3 ([{a, b={c}}, {d}, {e, f={g}}])"), "= 3 ([{a, b={c}}, {d}, …])")


class KernelSide(unittest.TestCase):
    def test_a_poll_that_takes_its_time_although_somebody_is_there_does_not_sleep(self):
        self.kernel.polls([(5, "POLLIN")])
        self.assertFalse(self.kernel.something_is_ready())
        self.kernel.arrives(1)
        self.assertTrue(self.kernel.something_is_ready())
        self.kernel.accepts(1, 6)
        self.assertFalse(self.kernel.something_is_ready())
        self.kernel.polls([(5, "POLLIN"), (6, "POLLOUT")])
        self.assertTrue(self.kernel.something_is_ready())

    def setUp(self):
        self.kernel = Kernel()
        self.kernel.listener = 5

    def test_nobody_is_accepted_who_has_not_come(self):
        with self.assertRaisesRegex(Surprise, "client 1, who is not in the queue"):
            self.kernel.accepts(1, 6)

    def test_bytes_are_there_until_the_client_reads_them_and_the_end_comes_after_them(self):
        self.kernel.arrives(1)
        self.kernel.accepts(1, 6)
        self.kernel.writes(6, "end\n")
        self.kernel.closes(6)
        self.assertEqual([(one["bytes"], one["closed"]) for one in self.kernel.state()["sockets"]], [("end\n", True)])
        self.kernel.reads(1, 4)
        self.kernel.reads(1, 0)
        self.assertEqual(self.kernel.state()["sockets"], [])

    def test_a_level_is_told_again_for_as_long_as_it_holds(self):
        self.watch("EPOLLIN")
        self.kernel.arrives(1)
        for _ in range(2):
            self.kernel.epoll_waits()
            self.kernel.epoll_told([5])
        self.kernel.accepts(1, 6)
        self.kernel.epoll_waits()
        self.kernel.epoll_told([])

    def test_an_edge_is_told_once(self):
        self.watch("EPOLLIN|EPOLLET")
        self.kernel.arrives(1)
        self.kernel.epoll_waits()
        self.kernel.epoll_told([5])
        with self.assertRaisesRegex(Surprise, "5, which is not on the ready list"):
            self.kernel.epoll_told([5])

    def test_who_is_not_told_of_what_is_ready_is_surprised(self):
        self.watch("EPOLLIN")
        self.kernel.arrives(1)
        with self.assertRaisesRegex(Surprise, r"did not tell of \[5\]"):
            self.kernel.epoll_told([])

    def watch(self, events):
        self.kernel.epoll = {"interest": {}, "ready": []}
        self.kernel.watches(5, events)


class EchoSide(unittest.TestCase):
    def setUp(self):
        self.kernel = EchoKernel()
        self.kernel.listener = 5
        self.kernel.epoll = {"interest": {}, "ready": []}
        self.kernel.arrives(1)
        self.kernel.accepts(1, 7)

    def told(self):
        self.kernel.epoll_waits()
        return list(self.kernel.epoll["ready"])

    def test_bytes_that_are_left_are_told_again_where_the_level_is(self):
        self.kernel.watches(7, "EPOLLIN")
        self.assertEqual(self.told(), [])
        self.kernel.sends(1, 10)
        for left in (10, 4):
            self.assertEqual(self.told(), [7])
            self.kernel.epoll_told([7])
            self.kernel.takes(7, min(6, left))
        self.assertEqual(self.told(), [])

    def test_bytes_that_are_left_are_not_told_again_where_the_edge_is(self):
        self.kernel.watches(7, "EPOLLIN|EPOLLET")
        self.kernel.sends(1, 10)
        self.assertEqual(self.told(), [7])
        self.kernel.epoll_told([7])
        self.kernel.takes(7, 6)
        self.assertEqual(self.told(), [])
        self.kernel.sends(1, 1)
        self.assertEqual(self.told(), [7])

    def test_nobody_reads_what_has_not_come(self):
        self.kernel.sends(1, 10)
        with self.assertRaisesRegex(Surprise, "read returned 11 bytes, and 10 have arrived"):
            self.kernel.takes(7, 11)
        with self.assertRaisesRegex(Surprise, "client 1 has read 1 bytes, and 0 were there"):
            self.kernel.reads(1, 1)
        with self.assertRaisesRegex(Surprise, "client 2 sends before it is accepted"):
            self.kernel.sends(2, 1)


class PollerSide(unittest.TestCase):
    def setUp(self):
        self.kernel = PollerKernel()
        self.kernel.epoll = {"interest": {}, "ready": []}
        self.kernel.lies = {4: 0}

    def told(self):
        self.kernel.epoll_waits()
        ready = list(self.kernel.epoll["ready"])
        self.kernel.epoll_told(ready)
        return ready

    def test_each_ring_is_told_once_although_nobody_reads_the_bell(self):
        self.kernel.watches(4, "EPOLLIN|EPOLLET")
        for _ in range(2):
            self.kernel.comes(4)
            self.assertEqual((self.told(), self.told()), ([4], []))
        self.assertEqual(self.kernel.lies, {4: 2})

    def test_a_oneshot_is_deaf_until_it_is_registered_again(self):
        for _ in range(2):
            self.kernel.watches(4, "EPOLLIN|EPOLLONESHOT")
            self.kernel.comes(4)
            self.assertEqual((self.told(), self.told()), ([4], []))
            self.kernel.comes(4)
            self.assertEqual(self.told(), [])

    def test_nobody_reads_what_has_not_come(self):
        self.kernel.comes(4)
        with self.assertRaisesRegex(Surprise, "2 are read from descriptor 4, where 1 are"):
            self.kernel.takes(4, 2)

    def test_a_thread_that_rings_too_late_is_a_surprise(self):
        def run(rings):
            return Pipe("06_epoll_edge", read_calls([
                '1 1.0 execve("/build/poller_pipe", ["poller_pipe"], 0x7 /* 9 vars */) = 0', "1 1.1 epoll_create1(EPOLL_CLOEXEC) = 3",
                "1 1.2 eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 4", "1 1.3 epoll_ctl(3, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, data={u32=9, u64=9}}) = 0",
                "1 1.4 clone3({flags=0}, 88) = 2", "2 1.5 exit(0) = ?", "1 1.6 epoll_wait(3, [], 15, 0) = 0", "1 1.7 clone3({flags=0}, 88) = 3",
                "1 2.0 epoll_wait(3,  <unfinished ...>", f'3 {rings} write(4, "\\1\\0\\0\\0\\0\\0\\0\\0", 8) = 8 <0.000006>',
                "1 2.9 <... epoll_wait resumed>[{events=EPOLLIN, data={u32=9, u64=9}}], 16, -1) = 1 (DELAYED) <0.9>"])).run()
        with self.assertRaisesRegex(Surprise, "not held up any more"):
            run(2.1 + HELD)
        with self.assertRaisesRegex(Surprise, "has printed"):
            run(2.1)


class Words(unittest.TestCase):
    def test_an_epoll_wait_that_is_back_has_been_called(self):
        for steps in [*(recording["steps"] for recording in recordings().values()), *(echo["steps"] for echo in echoes())]:
            goes_in = False
            for step in steps:
                if step["call"].startswith("epoll_wait") and step["who"] == "main":
                    if step["is"].startswith("="):
                        self.assertNotEqual(goes_in, "epoll_wait is called, and is back" in step["says"], step["says"])
                    goes_in = not step["is"].startswith("=")

    def test_an_edge_that_is_dropped_says_whose_it_was_and_a_level_that_it_is_gone(self):
        for chapter, words in (("05_epoll_level", r"looks at 6 \(the listener\) again: not ready any more"),
                               ("06_epoll_edge", r"edges? of clients? .* had put 6 \(the listener\) there again, but accept4 has taken them all since")):
            steps = recordings()[chapter]["steps"]
            ready = [state["epoll"]["ready"] for state in states_of(steps)]
            dropped = [step["says"] for step, before, after in zip(steps[1:], ready, ready[1:])
                       if step["call"].startswith("epoll_wait") and step["is"] in ("waits", "…") and 6 in before and 6 not in after]
            self.assertTrue(dropped)
            for says in dropped:
                self.assertRegex(says, words)

    def test_who_finds_nobody_says_what_is_still_on_the_ready_list(self):
        for chapter in ("05_epoll_level", "06_epoll_edge"):
            steps = recordings()[chapter]["steps"]
            for step, state in zip(steps, states_of(steps)):
                if "EAGAIN" in step["is"]:
                    self.assertEqual("The ready list still has 6" in step["says"], 6 in state["epoll"]["ready"])


class Runs(unittest.TestCase):
    def test_a_new_run_of_an_echo_server_does_what_the_recorded_one_did(self):
        for number, recorded in enumerate(echoes()):
            with self.subTest(recorded["name"]):
                # On a busy machine the bytes may come in pieces, or before the server sleeps.
                for _ in range(10):
                    again = calls_of(record.record_echo(BUILD, number, patience=0.3, tries=50))
                    if again == calls_of(recorded):
                        break
                self.assertEqual(again, calls_of(recorded))

    def test_a_new_run_of_a_program_with_a_poller_does_what_the_recorded_one_did(self):
        for number, recorded in enumerate(wakes()):
            with self.subTest(recorded["name"]):
                # Where the order is another one on a busy machine, that is a Surprise, and tried again.
                self.assertEqual(story_of(record.record_wake(BUILD, number, delay=0.3)), story_of(recorded))

    def test_a_new_run_does_for_each_client_what_the_recorded_one_did(self):
        for chapter, recorded in recordings().items():
            with self.subTest(chapter):
                self.assertEqual(len(stories(recorded)), record.CLIENTS)
                # On a busy machine a client may be so late that its run has another story.
                for _ in range(10):
                    again = stories(record.record(BUILD, chapter, delay=0.1, tries=20))
                    if again == stories(recorded):
                        break
                self.assertEqual(again, stories(recorded))


if __name__ == "__main__":
    which = sys.argv[1]
    if which != "lines":
        BUILD = Path(sys.argv[2]).resolve()
        try:
            if which == "rings":
                AGAIN = record.record_rings(BUILD)
            else:
                record.trace(BUILD, "01_blocking", "1ms")
        except (record.NoStrace, rings.NoRing) as why:
            print(f"skipped: {why}")
            sys.exit(77)
    names = {"runs": ["Runs"], "rings": ["RingRuns"]}.get(which, ["Echoes", "Wakes", "Lines", "Rings", "Calls", "InWords", "KernelSide", "EchoSide", "PollerSide", "Words"])
    unittest.main(argv=[sys.argv[0], *names], verbosity=1)
