"""Tests of what stages.py says beside the lines that differ. `make tests` runs them."""

import unittest

import stages


def shown(line, places):
    return [line[begin:end] for begin, end in zip(places[::2], places[1::2])]


class TheWordsThatDiffer(unittest.TestCase):
    def marks(self, old, new):
        return [{number: shown(line[number], places) for number, places in of.items()}
                for line, of in zip((old, new), stages.marked(old, new))]

    def test_are_marked_in_both_lines(self):
        self.assertEqual(self.marks(["a", "  int x = poll(list);"], ["a", "  int x = wait(list, 1);"]), [{1: ["poll"]}, {1: ["wait", ", 1"]}])

    def test_wherever_they_stand_in_the_lines_of_a_change(self):
        self.assertEqual(self.marks(["f(one, two, 3);"], ["// new", "f(one,", "  two2, 3);"]), [{0: ["two"]}, {2: ["two2"]}])

    def test_a_bracket_that_both_lines_have_by_chance_is_among_them(self):
        self.assertEqual(self.marks(["x = f(a);"], ["x = y + (b);"]), [{0: ["f(a"]}, {0: ["y + (b"]}])

    def test_and_not_where_all_of_a_line_does_or_the_text_is_another(self):
        self.assertEqual(self.marks(["  f(x);"], ["  return;"]), [{}, {}])
        many = [f"line {i};" for i in range(stages.REWRITTEN)]
        self.assertEqual(self.marks(many, [line.replace("line", "row") for line in many]), [{}, {}])

    def test_are_those_of_the_file_whatever_was_before(self):
        self.assertEqual(self.marks(["a b"], ["new", "more", "same", "a c"])[1], {3: ["c"]})


class WhatIsNew(unittest.TestCase):
    def test_begins_with_its_block_and_not_with_the_end_of_the_one_before(self):
        old = ["f() {", "  g();", "}", "", "last() {", "  g();", "}"]
        new = [*old[:4], "h() {", "  g();", "}", "", *old[4:]]
        for before, after, expected in [(old, new, [4, 4, 4, 8]), (new, old, [4, 8, 4, 4])]:
            self.assertEqual(stages.changes(before, after), [expected])

    def test_begins_there_as_well_where_no_blank_line_tells(self):
        self.assertEqual(stages.changes(["if (a) {", "}", "x"], ["if (a) {", "}", "if (b) {", "}", "x"]), [[2, 2, 2, 4]])

    def test_is_in_its_place_in_a_server(self):
        old, new = ((stages.ROOT / name / "echo_server.cpp").read_text().splitlines() for name in ("05_epoll_level", "06_epoll_edge"))
        added = [new[c:d] for a, b, c, d in stages.changes(old, new) if a == b and any("can_advance" in line for line in new[c:d])][0]
        self.assertTrue(added[0].startswith("/// True unless"), added)
        self.assertEqual(added[-2:], ["}", ""])

    def test_makes_the_other_file_of_the_one_whichever_they_are(self):
        for paths in stages.groups().values():
            texts = [(stages.ROOT / path).read_text().splitlines() for path in paths]
            for old, new in [(one, other) for one in texts for other in texts]:
                made, at, ends = [], 0, (-1, -1)
                for a, b, c, d in stages.changes(old, new):
                    self.assertTrue(a > ends[0] and c > ends[1])
                    made += old[at:a] + new[c:d]
                    at, ends = b, (b, d)
                self.assertEqual(made + old[at:], new)


class TheFirstChangeThatIsLookedAt(unittest.TestCase):
    def first(self, old, new):
        return stages.first_of_code(old, new, stages.changes(old, new))

    def test_is_of_code(self):
        self.assertEqual(self.first(["// 1", "a", "#include <b>", "c", "d"], ["// 2", "a", "#include <x>", "c", "e"]), 2)
        self.assertEqual(self.first(["// 1", "a"], ["int x;", "a"]), 0)

    def test_or_the_first_of_all(self):
        self.assertEqual(self.first(["// 1", "a"], ["// 2", "a"]), 0)


class TheWayBackToTheText(unittest.TestCase):
    def test_leads_to_each_diff_and_to_each_chapter(self):
        texts = stages.texts_about(stages.ROOT)
        self.assertEqual(texts["05_epoll_level/server.cpp..06_epoll_edge/server.cpp"],
                         ["06-epoll-edge-triggered.html#the-diff-5", "06 Epoll, edge-triggered: The diff"])
        self.assertEqual(texts["03_nonblocking_busy"], ["03-nonblocking-and-busy.html", "03 Nonblocking and busy"])
        self.assertEqual(texts["07_futures_tasks/steps/09_waker.cpp"],
                         ["07-futures-and-tasks.html#step-9-a-waker-with-a-name-on-it",
                          "07 Futures and tasks: Step 9: a waker with a name on it"])
        for step in stages.ROOT.glob("07*/steps/[0-9]*.cpp"):
            self.assertIn(step.relative_to(stages.ROOT).as_posix(), texts)
        for directory in stages.ROOT.glob("0*"):
            self.assertIn(directory.name, texts)


if __name__ == "__main__":
    unittest.main()
