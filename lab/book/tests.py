"""Tests of the scripts here. `make tests` runs them."""

import re
import tempfile
import unittest
from pathlib import Path

import page_numbers
import stages
from book import find_lines, tell_what_came
from files import coloured, first_comment, text_of
from pages import DOCUMENTS, Pages, contents, link_to_players, slug
from pictures import fit, for_both_backgrounds

ROOT = Path(__file__).parents[2]


def page(text, document="TUTORIAL.md"):
    return "\n".join(Pages(text, document).pages[DOCUMENTS[document]])


class TheTutorialIsCutIntoPages(unittest.TestCase):
    def test_at_its_second_headings_and_headings_rise(self):
        pages = Pages("# T\nx\n## 01 One\n### Break it\n## 02 Two\n### Break it\n").pages
        self.assertEqual(list(pages), ["index", "01-one", "02-two"])
        self.assertEqual(pages["01-one"], ["# 01 One", "(break-it)=", "## Break it"])
        self.assertEqual(pages["02-two"], ["# 02 Two", "(break-it-1)=", "## Break it"])

    def test_a_step_stands_beside_the_one_before_it(self):
        page = "\n".join(Pages("# T\n## 07 Seven\n### Steps 7 and 8: tasks\nThese.\n### See it\n").pages["07-seven"])
        self.assertEqual(re.findall(r"```\{step\} (\d+)\n```", page), ["7", "8"])

    def test_a_heading_in_a_block_is_none(self):
        self.assertEqual(list(Pages("```cpp sketch\n## no\n```\n").pages), ["index"])

    def test_anchors_are_those_of_github(self):
        self.assertEqual(slug("It hangs. Where?"), "it-hangs-where")
        self.assertEqual(slug("What common/ does for us"), "what-common-does-for-us")
        self.assertEqual(slug("[A link](x.md) and `code_here`"), "a-link-and-code_here")

    def test_links_lead_to_labels_and_files_stay(self):
        text = "[a](#one) [b](README.md) [c](TUTORIAL.md#two) [d](common/io.hpp) [e](https://x.org/#y)"
        self.assertIn("[a](one) [b](readme) [c](two) [d](common/io.hpp) [e](https://x.org/#y)", page(text))
        self.assertIn("[a](readme-one)", page("[a](#one)", "README.md"))
        self.assertIn("[a](readme-one) [b](lab/book)", page("[a](../README.md#one) [b](book)", "lab/README.md"))

    def test_a_terminal_has_the_label_of_the_text_or_the_one_where_it_began(self):
        first = "**Terminal 1:**\n\n```console\n$ a\n```\n"
        self.assertNotIn("**", page(first))
        self.assertIn("```{console}\n:label: Terminal 1\n", page(first))
        self.assertEqual(page(first + "```console\n^C\n```\n").count(":label: Terminal 1"), 2)
        self.assertIn(":label: Terminal\n", page(first + "```console\n$ b\n```\n"))
        self.assertIn(":label: Terminal 2\n", page("```console terminal=2\n$ b\n```\n"))
        self.assertIn(":label: Terminal\n", page(first + "## Next\n").replace("1", "") + page("```console\n^C\n```\n"))

    def test_a_comment_before_an_image_makes_it_a_players_picture(self):
        image = "![One: two](a/b.svg)\n"
        self.assertEqual(page(image), '```{picture} a/b.svg\n:alt: "One: two"\n```')
        self.assertIn("\n:recording: a/r.json\n", page("<!-- player a/r.json -->\n" + image))
        self.assertNotIn("recording", page("<!-- player a/r.json -->\n" + image + image).split("```\n")[1])
        alone = page("<!-- player a/r.json -->\n\nText.\n")
        self.assertEqual(alone, '```{picture}\n:alt: ""\n:recording: a/r.json\n```\n\nText.')

    def test_what_speaks_of_players_is_where_they_are(self):
        text = "a\n\n<!-- without players -->\nOn paper,\nnot here.\n\n<!-- with players: See [it](#x). -->\n\nb"
        pages = lambda players: "\n".join(Pages(text, players=players).pages["index"])
        self.assertEqual(pages(True), "a\n\n\nSee [it](x).\n\nb")
        self.assertEqual(pages(False), "a\n\nOn paper,\nnot here.\n\n\nb")

    def test_the_list_of_chapters_is_the_contents_in_the_browser(self):
        text = "## Start\na\n\n<!-- chapters -->\n**They.** So:\n\n- [01 one](#01-one): one client\n  at a time.\n- [02 two](#02-two): two.\n\nb"
        made = Pages(text)
        self.assertEqual(made.pages["start"], ["# Start", "a", "", "b"])
        self.assertEqual((made.lead, made.costs), ("**They.** So:", {"01-one": "One client at a time.", "02-two": "Two."}))
        listed = "\n".join(contents({"01-one": "01 One"}, made.lead, made.costs))
        self.assertIn("- [01 One](01-one)\n\n  One client at a time.", listed)
        self.assertIn("- [01 one](01-one): one client\n  at a time.", "\n".join(Pages(text, players=False).pages["start"]))

    def test_a_link_to_a_player_leads_to_its_page(self):
        pages = {"index": ["See [it](player:run), now."], "01-one": ["```{picture}", ":recording: a/run.json", "```"]}
        link_to_players(pages)
        self.assertEqual(pages["index"], ['See <a class="reference internal" href="01-one.html#player-run">it</a>, now.'])

    def test_a_drawing_that_begins_with_a_command_is_a_terminal(self):
        self.assertEqual(page("```text\n$ a\nb\n```"), "```{console}\n:label: Terminal\n\n$ a\nb\n```")
        self.assertEqual(page("```text\na $ b\n```"), "```{drawing}\n\na $ b\n```")

    def test_what_else_a_place_is_looked_for_as_is_in_the_index(self):
        self.assertEqual(page("<!-- index lost wake-up, wake -->\nText.\n"), "```{index} lost wake-up, wake\n```\nText.")

    def test_each_likely_wrong_answer_has_its_paragraph(self):
        text = '<details><summary>Answer</summary>\n\nYes.\n*"No"*: so.\n*"Perhaps"*: so.\n</details>\n*"Not here"*'
        self.assertIn('Yes.\n\n*"No"*: so.\n\n*"Perhaps"*', page(text))
        self.assertIn('</details>\n*"Not here"*', page(text))


class ACoveredParagraph(unittest.TestCase):
    question = "## One\n### Break it\nWhy?\n\n<details><summary>Answer</summary>\n\nSo.\n\n</details>\n\n"
    mark = "<!-- covered -->\n"

    def made(self, text, players=True):
        return "\n".join(Pages(text, players=players).pages["one"])

    def test_is_below_a_question(self):
        self.assertIn("</details>\n\n\n```{covered}\n```\n\nTold.", self.made(self.question + self.mark + "Told."))
        self.assertIn("```{covered}\n```\n\n\n```{console}", self.made(self.question + self.mark + "\n```console\n$ a\n```"))
        self.assertIn("```{covered}", self.made(self.question.replace("Break it", "Predict") + "### Run it\n" + self.mark + "Told."))

    def test_is_a_paragraph_like_others_where_no_form_asks(self):
        self.assertNotIn("covered", self.made(self.question + self.mark + "Told.", players=False))

    def test_without_a_question_is_an_error(self):
        for above in ["## One\n", self.question + "### Next\n", self.question.partition("So.")[0],
                      self.question.replace("Break it", "Predict") + "### Run it\n### Next\n"]:
            with self.assertRaisesRegex(ValueError, "without a question"):
                self.made(above + self.mark + "Told.")

    def test_is_an_error_where_there_is_none(self):
        for behind in ["", "\n", "### Next\n", "<!-- index a -->\nTold.", "<details>\n"]:
            with self.assertRaisesRegex(ValueError, "nothing behind"):
                self.made(self.question + self.mark + behind)


class TheTutorial(unittest.TestCase):
    def test_folds_up_an_answer_for_each_of_its_questions(self):
        text = re.sub(r"^( *)```.*?^\1```$", "", (ROOT / "TUTORIAL.md").read_text(), flags=re.M | re.S)
        asks = re.compile(r"^.*\*\*Predict\b.*$|^### Predict$|^.*\*\*predict\*\*.*$", re.M)
        for question, rest in zip(asks.findall(text), asks.split(text)[1:]):
            self.assertIn("<details><summary>Answer</summary>", re.split(r"^#", rest, maxsplit=1, flags=re.M)[0], question)


    def test_says_in_each_line_that_folds_up_something_what_github_shows(self):
        summaries = re.findall(r"<summary>(.*?)</summary>", (ROOT / "TUTORIAL.md").read_text())
        self.assertEqual([summary for summary in summaries if "`" in summary], [])


class ATerminal(unittest.TestCase):
    def test_tells_what_was_typed_from_what_came(self):
        lines = ["$ a", "listening on 127.0.0.1:8000", "b", "", "^C", "...", "$ c \\", "    d", "e"]
        came = [line for line, came in zip(lines, tell_what_came(lines)) if came]
        self.assertEqual(came, ["b", "", "e"])


class AQuotationIsFound(unittest.TestCase):
    file = ["a", "  b", "", "  c", "d", "  b"]

    def test_where_it_is_in_pieces_and_less_indented(self):
        self.assertEqual(find_lines(["a", "  b"], self.file), [(1, 2)])
        self.assertEqual(find_lines(["b", "", "c"], self.file), [(2, 4)])
        self.assertEqual(find_lines(["a", "// ...", "  b"], self.file), [(1, 1), (2, 2)])
        self.assertEqual(find_lines(["  c", "// ...", "  b"], self.file), [(4, 4), (6, 6)])

    def test_or_not_at_all(self):
        self.assertEqual(find_lines(["d", "// ...", "a"], self.file), [])
        self.assertEqual(find_lines(["x"], self.file), [])


class APictureFitsItsBackground(unittest.TestCase):
    def test_whatever_the_system_says(self):
        text = "<svg><style>@media (prefers-color-scheme: light) { a { b: l } } @media (prefers-color-scheme: dark) { a { b: d } }</style></svg>"
        self.assertIn("b: l", fit(text, "light"))
        self.assertNotIn("b: d", fit(text, "light"))
        self.assertNotIn("@media", fit(text, "dark"))
        self.assertIn("b: d", fit(text, "dark"))

    def test_and_black_on_white_is_turned_over(self):
        text = '<svg width="1"><rect x="0" y="0" width="7" height="4" fill="#ffffff"/></svg>'
        self.assertIn("invert", fit(text, "dark"))
        self.assertNotIn("invert", fit(text, "light"))
        self.assertNotIn("#ffffff", fit(text, "dark"))

    def test_and_one_that_is_no_svg_is_the_same_on_both(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "a.png"
            file.write_bytes(b"\x89PNG")
            self.assertEqual(for_both_backgrounds(file, Path(directory) / "made", "a.png"), {"": "a.png"})
            self.assertEqual((Path(directory) / "made" / "a.png").read_bytes(), b"\x89PNG")


class TheContentsOnPaper(unittest.TestCase):
    pdf = (b"1 0 obj\n<</Type /Catalog\n/Pages 2 0 R\n/Dests 5 0 R>>\nendobj\n2 0 obj\n<</Kids [4 0 R 3 0 R]>>\nendobj\n"
           b"3 0 obj\n<</Type /Page>>\nendobj\n4 0 obj\n<</Type /Page>>\nendobj\n"
           b"5 0 obj\n<</one [4 0 R /XYZ 0 8 0]\n/two [3 0 R /XYZ 0 8 0]>>\nendobj\n")

    def test_say_on_which_page_a_chapter_begins(self):
        self.assertEqual(page_numbers.numbers(self.pdf), {"one": 1, "two": 2})
        html = '<ul class="simple"><li><a class="reference internal" href="index.html#two">Two</a></li></ul>'
        self.assertIn('Two</a> <span class="contents-page">2</span>', page_numbers.write(html, {"two": 2}))


class StagesAreCompared(unittest.TestCase):
    def test_by_the_lines_that_are_not_the_same(self):
        self.assertEqual(stages.changes(["a", "b", "c"], ["a", "x", "c", "d"]), [[1, 2, 1, 2], [3, 3, 3, 4]])

    def test_and_the_neighbours_of_each_chapter_are_among_them(self):
        self.assertTrue(stages.knows("01_blocking/four_calls.cpp..01_blocking/server.cpp"))
        self.assertTrue(stages.knows("02_threads/server.cpp..07_futures_tasks/server.cpp"))
        self.assertFalse(stages.knows("02_threads/server.cpp..02_threads/client.cpp"))
        for paths in stages.groups().values():
            self.assertTrue(all((ROOT / path).is_file() for path in paths))


class AFilesPage(unittest.TestCase):
    def test_has_each_of_its_lines_and_blank_ones_at_its_ends(self):
        self.assertEqual(len(coloured("a.cpp", "\nint a;\n\n/* b\n c */\n")), 5)

    def test_says_what_the_file_says_of_itself(self):
        self.assertEqual(first_comment("#!/bin/sh\n# It runs. Twice.\n"), "It runs")
        self.assertEqual(first_comment("// Who waits\n// for whom? Nobody.\n#pragma once\n"), "Who waits for whom?")
        self.assertEqual(first_comment("#include <a>\n"), "")

    def test_is_made_only_of_text(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "a"
            file.write_bytes(b"a\0b")
            self.assertIsNone(text_of(file))


if __name__ == "__main__":
    unittest.main()
