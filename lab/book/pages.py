"""TUTORIAL.md, cut at its `##` into the pages of the book, and each other document as one more.

All of them stay as GitHub shows them. What changes on the way, line by line:

  # headings       rise by one level in the tutorial, and keep the anchors that GitHub gives them: `#the-diff-2` in all
                   of TUTORIAL.md becomes the label `the-diff-2`, on whichever page that is. Under that of a step stands
                   what it is beside the step before it
  [links]          to anchors and to documents become links to labels; those to files stay, and book.py finds a page for
                   them
  ```blocks        become the directives of book.py, with the words that stand after their ```
  **Terminal 2:**  alone above a console becomes its label
  images           alone in a line become pictures, in a version for each background
  <!-- player lab/book/recordings/01_blocking.json -->
                   alone in a line, which GitHub does not show, makes the image in the next line that of a player:
                   <figure class="player" data-recording="lab/book/recordings/01_blocking.json"> around it, with the
                   recording itself in a <script type="application/json"> in it, so that it is there from file:// as well.
                   Without an image after it, the player has none, and is there in the book only
  <!-- index lost wake-up, wake -->
                   alone in a line: what a reader may look for here, although the text has other words for it
  <!-- without players -->
                   alone in a line: the paragraph after it is left out where there are players, which is in the browser
  <!-- with players: text -->
                   alone in a line: the text is a line of the book in the browser, and of nothing else
  [it](player:01_blocking)
                   in such a text: a link to the player of that recording
  <!-- chapters -->
                   alone in a line: the paragraph and the list after it are, in the browser, the contents on the first page
  <!-- covered -->
                   alone in a line, below a question and under the same heading: what stands behind it, a paragraph, a list,
                   a table or a block, is covered in the browser until the question has been answered
  *"wrong ones"*   in a folded answer get a paragraph each
"""

import json
import posixpath
import re
from pathlib import Path

FENCE = re.compile(r"^( *)(`{3,})([^`]*)$")
HEADING = re.compile(r"^(#{1,6}) (.*)$")
LINK = re.compile(r"\]\(([^()\s]*)\)")
TERMINAL = re.compile(r"^\*\*(Terminal \d)( again)?:\*\*$")
IMAGE = re.compile(r"^!\[([^\]]*)\]\((\S+)\)$")
WITHOUT_PLAYERS = "<!-- without players -->"
WITH_PLAYERS = re.compile(r"^<!-- with players: (.+) -->$")
INDEX = re.compile(r"^<!-- index (.+) -->$")
CHAPTERS = "<!-- chapters -->"
CHAPTER = re.compile(r"- \[[^\]]*\]\(#([^)]*)\): (.*)")
TO_PLAYER = re.compile(r"\[([^\]]*)\]\(player:(\w+)\)")
PLAYER = re.compile(r"^<!-- player (\S+) -->$")
COVERED = "<!-- covered -->"
QUESTION = "<details><summary>Answer</summary>"
NOTHING_TO_COVER = re.compile(r"$|<|#{1,6} ")


def slug(heading):
    """The anchor that GitHub gives to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return "".join("-" if c == " " else c.lower() for c in text if c.isalnum() or c in " -_")


# Document -> its page, or its first one.
DOCUMENTS = {"TUTORIAL.md": "index", "README.md": "readme", "lab/README.md": "the-lab", "CONTRIBUTING.md": "contributing"}
# What they are called in the book.
TITLES = {"readme": "The README", "the-lab": "The lab", "contributing": "For those who change something"}


def label_of(document, anchor):
    """What pages.py calls an anchor of a document. Those of the tutorial keep their names."""
    first = DOCUMENTS[document]
    return anchor or first if first == "index" else f"{first}-{anchor}" if anchor else first


class Pages:
    """The pages of one document: name -> lines."""

    def __init__(self, text, document="TUTORIAL.md", players=True):
        self.players = players
        self.document, self.split = document, document == "TUTORIAL.md"
        first = DOCUMENTS[document]
        self.page, self.pages, self.seen = first, {first: []}, {}
        self.lines = text.splitlines()
        self.at = 0
        self.folded = False
        self.question = self.predicts = False  # above, under the same heading; and whether that is called so
        self.recording = None
        self.label, self.labels = "", {}  # of the next terminal, and of those before
        self.lead, self.costs = "", {}  # of the contents: what stands above them, and beside each page
        while self.at < len(self.lines):
            self.take(self.lines[self.at])

    def put(self, *lines):
        self.pages[self.page] += lines

    def take(self, line):
        self.at += 1
        if fence := FENCE.match(line):
            return self.block(*fence.groups())
        if heading := HEADING.match(line):
            return self.heading(len(heading[1]), heading[2])
        if TERMINAL.match(line) and self.next_block_is_console():
            self.label = line.strip("*:")
            return
        if player := PLAYER.match(line):
            self.recording = player[1]
            if not IMAGE.match("".join(self.lines[self.at : self.at + 1])):
                self.picture()
            return
        if line == CHAPTERS and self.players:
            return self.chapters()
        if line == WITHOUT_PLAYERS:
            while self.players and self.lines[self.at]:
                self.at += 1
            return
        if line.strip() == COVERED:
            return self.cover(line)
        if only := WITH_PLAYERS.match(line):
            if not self.players:
                return
            line = only[1]
        if entries := INDEX.match(line):
            return self.put("```{index} " + entries[1], "```")
        if image := IMAGE.match(line):
            return self.picture(*image.groups())
        self.question = self.question or line == QUESTION
        self.folded = (self.folded or line.startswith("<details>")) and line != "</details>"
        if self.folded and line.startswith('*"'):
            self.put("")
        self.put(LINK.sub(lambda link: f"]({self.target(link[1])})", line))

    def cover(self, line):
        behind = next(filter(None, map(str.strip, self.lines[self.at :])), "")
        if self.folded or not self.question:
            raise ValueError(f"{self.document}:{self.at}: {COVERED} without a question before it under the same heading")
        if NOTHING_TO_COVER.match(behind):
            raise ValueError(f"{self.document}:{self.at}: {COVERED} with nothing behind it that can be covered: {behind}")
        if self.players:
            indent = line.partition("<")[0]
            self.put("", f"{indent}```{{covered}}", f"{indent}```", "")

    def chapters(self):
        end = self.lines.index("", self.lines.index("", self.at) + 1)
        self.lead, _, *items = self.lines[self.at : end]
        for item in re.split(r"\n(?=- )", "\n".join(items)):
            name, costs = CHAPTER.fullmatch(" ".join(item.split())).groups()
            self.costs[name] = costs[0].upper() + costs[1:]
        self.at = end + 1

    def next_block_is_console(self):
        rest = self.lines[self.at : self.at + 2]
        return len(rest) == 2 and not rest[0] and rest[1].startswith("```console")

    def heading(self, level, text):
        name = slug(text)
        count = self.seen.get(name, 0)
        self.labels = {}
        # A section that is called so asks about the next one.
        self.question, self.predicts = self.question and self.predicts, text == "Predict"
        self.seen[name] = count + 1
        if level == 1:
            text = TITLES.get(self.page, text)
        label = label_of(self.document, name + (f"-{count}" if count else ""))
        if self.split and level == 2:
            self.page = label
            self.pages[label] = []  # whose name is its label
        else:
            self.put(f"({label})=")
        self.put("#" * (level - (self.split and level > 1)) + " " + text)
        for step in re.findall(r"\d+", text) if text.startswith("Step") else []:
            self.put("", f"```{{step}} {step}", "```", "")

    def target(self, link):
        file, _, anchor = link.partition("#")
        if re.match("[a-z]+:", link):
            return link
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.document), file)) if file else self.document
        return label_of(path, anchor) if path in DOCUMENTS else path

    def block(self, indent, ticks, words):
        kind, *words = words.split()
        options = []
        if kind == "text" and self.lines[self.at].startswith("$ "):
            kind = "console"  # that check_text does not run
        if kind == "console":
            options.append(f":label: {self.terminal(words)}")
            words = []
        elif kind == "cpp" and words == ["sketch"]:
            kind, words = "sketch", []
        elif kind == "text":
            kind = "drawing"
        elif kind == "diff":
            kind, words = "changes", words[:2]
        else:
            kind, words = "quotation", [kind, *words]
        self.put(f"{indent}{ticks}{{{kind}}} {' '.join(words)}".rstrip())
        self.put(*(indent + option for option in options), indent)
        while self.lines[self.at].strip() != ticks:
            self.put(self.lines[self.at])
            self.at += 1
        self.put(self.lines[self.at])
        self.at += 1

    def terminal(self, words):
        """The label in the text, or what the block says; output that goes on belongs where it began."""
        number = next((word[9:] for word in words if word.startswith("terminal=")), "")
        goes_on = not self.lines[self.at].lstrip().startswith("$ ")
        usual = self.labels.get(number or "1") if goes_on else None
        label = self.label or usual or (f"Terminal {number}" if number else "Terminal")
        self.label, self.labels[number or "1"] = "", label
        return label

    def picture(self, alt="", file=""):
        options = [f":recording: {self.recording}"] if self.recording else []
        self.recording = None
        self.put(f"```{{picture}} {file}".rstrip(), f":alt: {json.dumps(alt)}", *options, "```")


CONTENTS = """
```{toctree}
:titlesonly:%s

%s
stages
%s
```
"""

STAGES = """# Stages side by side

Each server is the one before it, and one idea more. Choose a file and any two of its stages: what has changed is marked,
and long passages that are the same in both are folded. (A link to what you see is in the address bar.)

```{stages}
```
"""


BESIDE = {
    "before-you-start": "What you need, and how to read.",
    "stages": "What has changed between any two of them.",
    "readme": "What there is, and the command that builds it.",
    "the-lab": "What tests, measures and draws.",
    "contributing": "The rules, and how they are held.",
}


def contents(titles, lead, costs):
    """The list of all pages, and beside each what it costs there."""
    items = [line for name, title in titles.items() for line in (f"- [{title}]({name})", "", f"  {costs.get(name, '')}", "")]
    return ["", lead, "", '<div class="all-pages">', "", *items, "</div>", ""]


def link_to_players(pages):
    """Of each recording, the page on which its player is."""
    where = {Path(line.split()[1]).stem: name for name, lines in pages.items() for line in lines if line.startswith(":recording: ")}
    link = lambda found: f'<a class="reference internal" href="{where[found[2]]}.html#player-{found[2]}">{found[1]}</a>'
    for lines in pages.values():
        lines[:] = [TO_PLAYER.sub(link, line) for line in lines]


def write(root, out, stages=True, printed=False):
    """Writes the pages, and nothing else is left there."""
    tutorial, *documents = (Pages((root / document).read_text(), document, players=stages) for document in DOCUMENTS)
    pages = {"stages": [STAGES]} | tutorial.pages
    for document in documents:
        pages |= document.pages
    chapters = [name for name in pages if name not in ("index", "stages", *TITLES)]
    toc = CONTENTS % ("\n:hidden:" * stages, "\n".join(chapters), "\n".join(f"{title} <{name}>" for name, title in TITLES.items()))
    if stages:
        titles = {name: pages[name][0].lstrip("# ").partition("\n")[0] for name in [*chapters, "stages"]} | TITLES
        pages["index"] += contents(titles, tutorial.lead, BESIDE | tutorial.costs)
        link_to_players(pages)
    else:
        del pages["stages"]
        toc = toc.replace("stages\n", "")
    if printed:  # elsewhere the table of contents is made of the toctree
        pages["index"] += [f"- [{pages[name][0].lstrip('# ')}]({name})" for name in chapters]
    pages["index"].append(toc)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.md"):
        old.unlink()
    for name, lines in pages.items():
        text = "\n".join(lines) + "\n"
        if not stages:  # nor do all programs that show an EPUB unfold
            text = text.replace("<details>", '<details open="open">')
        (out / f"{name}.md").write_text(text)


if __name__ == "__main__":
    import sys

    write(Path(sys.argv[1]), Path(sys.argv[2]), "--without-stages" not in sys.argv, "--printed" in sys.argv)
