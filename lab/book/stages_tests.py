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


class TheWayBackToTheText(unittest.TestCase):
    def test_leads_to_each_diff_and_to_each_chapter(self):
        texts = stages.texts_about(stages.ROOT)
        self.assertEqual(texts["05_epoll_level/server.cpp..06_epoll_edge/server.cpp"],
                         ["06-epoll-edge-triggered.html#the-diff-5", "06 Epoll, edge-triggered: The diff"])
        self.assertEqual(texts["03_nonblocking_busy"], ["03-nonblocking-and-busy.html", "03 Nonblocking and busy"])
        for directory in stages.ROOT.glob("0*"):
            self.assertIn(directory.name, texts)


if __name__ == "__main__":
    unittest.main()
