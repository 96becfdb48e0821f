"""Which files are stages of one program, and what has changed between any two of them."""

import difflib
import json
import re
from pathlib import Path

from files import coloured
from pages import Pages

ROOT = Path(__file__).parents[2]

# What else belongs to a file that several chapters have.
BESIDE = {
    "server.cpp": ["01_blocking/four_calls.cpp"],
    "udp_echo.cpp": ["04_poll/udp_echo_select.cpp", "05_epoll_level/udp_echo_poller.cpp",
                     "06_epoll_edge/udp_echo_poller.cpp", "07_futures_tasks/udp_echo_mpsc.cpp"],
}


def groups(root=ROOT):
    """Name -> files, in the reader's order: the files that two chapters or more have, and the steps of chapter 07."""
    by_name = {}
    for path in sorted(root.glob("0*/*.[ch]pp")):
        if path.name != "tests.cpp":
            by_name.setdefault(path.name, []).append(path.relative_to(root).as_posix())
    order = ["server.cpp", "echo_server.cpp", "client.cpp", "client_server.cpp"]
    names = sorted(by_name, key=lambda name: (order.index(name) if name in order else len(order), name))
    result = {}
    for name in names:
        files = sorted(by_name[name] + BESIDE.get(name, []))
        if len(by_name[name]) > 1:
            result[name] = files
    result["the steps of 07"] = [p.relative_to(root).as_posix() for p in sorted(root.glob("07*/steps/[0-9]*.cpp"))]
    result["multisocket"] = [f"07_futures_tasks/multisocket_{way}.cpp" for way in ("join", "spawn", "unordered")]
    return result


def anchor(old, new):
    """Where the page shows these two."""
    return f"stages#{old}..{new}"


def knows(pair):
    old, _, new = pair.partition("..")
    return any(old in files and new in files for files in groups().values())


def changes(old, new):
    """[begin and end in `old`, begin and end in `new`] of all that is not the same."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    found = [list(places) for kind, *places in matcher.get_opcodes() if kind != "equal"]
    ends = [[0] * 4, *found, [len(old), len(old), len(new), len(new)]]
    for number, change in enumerate(found, 1):
        slide(change, old, new, ends[number - 1], ends[number + 1])
    return found


def slide(change, old, new, before, after):
    """Lines that are only in one of the two may begin earlier, or later, where those around them are the same: they are
    moved to where a block begins, as git does it. `before` and `after` are the changes around this one."""
    a, b, c, d = change
    if a != b and c != d:
        return
    lines, begin, end = (old, a, b) if a != b else (new, c, d)
    least = 0 if before[1] == 0 == before[3] else 1  # so many lines that are the same stay between two changes
    most = 0 if after[0] == len(old) and after[2] == len(new) else 1
    up = down = 0
    while a - up > before[1] + least and lines[begin - up - 1] == lines[end - up - 1]:
        up += 1
    while b + down < after[0] - most and lines[begin + down] == lines[end + down]:
        down += 1

    def oddness(by):
        first = next((line for line in lines[begin + by : end + by] if line.strip()), "")
        follows_a_blank = begin + by == 0 or not lines[begin + by - 1].strip()
        return len(first) - len(first.lstrip()), not follows_a_blank, -by

    by = min(range(-up, down + 1), key=oddness)
    change[:] = [place + by for place in change]


NO_CODE = re.compile(r"\s*(//.*|#\s*include\b.*|#pragma once)?")


def first_of_code(old, new, found):
    """The number of the first change that is more than a comment, and than what is included."""
    says = lambda lines: not all(NO_CODE.fullmatch(line) for line in lines)
    return next((number for number, (a, b, c, d) in enumerate(found) if says(old[a:b]) or says(new[c:d])), 0)


REWRITTEN = 40  # a change of more lines is a new text: what is left of the old one in it says nothing
WORD = re.compile(r"\w+|\s+|[^\w\s]")


def words(lines):
    """(line, begin, end, word) of all that they consist of."""
    return [(number, *found.span(), found[0]) for number, line in enumerate(lines) for found in WORD.finditer(line)]


def marks(lines, of, kept):
    """line -> [begin, end, begin, end, …] of the words that are not `kept`, with the blanks between two of them."""
    result = {}
    for number, line in enumerate(lines):
        other = [(begin, end) for i, (at, begin, end, word) in enumerate(of) if at == number and i not in kept and word.strip()]
        places = []
        for begin, end in other:
            if places and not line[places[-1] : begin].strip():
                places[-1] = end
            else:
                places += [begin, end]
        # Where no word of it has stayed, the ground says so.
        if places and any(at == number and i in kept and re.match(r"\w", word) for i, (at, _, _, word) in enumerate(of)):
            result[number] = places
    return result


def changed_words(old, new):
    """The words that are not the same in the lines of a change: the marks of `old`, and those of `new`."""
    if not old or not new or len(old) + len(new) > REWRITTEN:
        return {}, {}
    before, after = words(old), words(new)
    texts = [[word for *_, word in one] for one in (before, after)]
    kept_before, kept_after = set(), set()
    for i, j, size in difflib.SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks():
        # A bracket that is there by chance is no word that stayed. At the end of both lines it is.
        ends = all(at == len(of) or of[at][0] != of[at - 1][0] for of, at in ((before, i + size), (after, j + size)))
        if size and (ends or re.search(r"\w", "".join(texts[0][i : i + size]))):
            kept_before.update(range(i, i + size))
            kept_after.update(range(j, j + size))
    return marks(old, before, kept_before), marks(new, after, kept_after)


def marked(old, new):
    """[marks in `old`, marks in `new`], by the number of the line in the file."""
    result = [{}, {}]
    for a, b, c, d in changes(old, new):
        for first, into, found in zip((a, c), result, changed_words(old[a:b], new[c:d])):
            into.update({first + number: places for number, places in found.items()})
    return result


def texts_about(root):
    """"old..new" -> [where the text has their difference, its title]; a step -> where it is told of; a chapter's directory
    -> the same for all of it."""
    result = {}
    pages = Pages((root / "TUTORIAL.md").read_text()).pages
    for page, lines in pages.items():
        title = next((line[2:] for line in lines if line.startswith("# ")), "")
        label, heading = "", title
        if number := re.match(r"(\d\d) ", title):
            for directory in root.glob(f"{number[1]}_*"):
                result[directory.name] = [f"{page}.html", title]
        for line in lines:
            if found := re.fullmatch(r"\((\S+)\)=", line):
                label = found[1]
            elif line.startswith("#"):
                heading = line.lstrip("# ")
            elif found := re.match(r" *`{3,}\{(?:changes|quotation)\} (\S+) (\S+)", line):
                where = f"{page}.html#{label}" if label else f"{page}.html"
                of = ["..".join(found.groups())] * ("{changes}" in line) + [found[2]] * ("/steps/" in found[2])
                for one in of:
                    result.setdefault(one, [where, title if heading == title else f"{title}: {heading}"])
    return result


def write_data(root, file):
    """window.stages = {lines: all that differ, groups: [{name, files: [{path, lines: [numbers of lines]}], changes, marks,
    code: the first change of code}], texts}

    What is of two files has their numbers as its key: "0,1".
    """
    numbers, result = {}, []
    for name, paths in groups(root).items():
        texts = [(root / path).read_text() for path in paths]
        lines = [text.splitlines() for text in texts]
        shown = [[numbers.setdefault(line, len(numbers)) for line in coloured(path, text)] for path, text in zip(paths, texts)]
        pairs = {f"{i},{j}": (lines[i], lines[j]) for j in range(len(paths)) for i in range(j)}
        differ = {key: changes(*pair) for key, pair in pairs.items()}
        result.append({
            "name": name,
            "files": [{"path": path, "lines": line} for path, line in zip(paths, shown)],
            "changes": differ,
            "code": {key: first_of_code(*pair, differ[key]) for key, pair in pairs.items()},
            "marks": {key: marked(*pair) for key, pair in pairs.items()},
        })
    data = json.dumps({"lines": list(numbers), "groups": result, "texts": texts_about(root)}, separators=(",", ":"), ensure_ascii=False)
    file.write_text(f"window.stages = {data};\n")


PAGE = """<div id="stages"><noscript><p>Two files are laid side by side by a script, and scripts are switched off here.
<code>diff -u</code> shows the same.</p></noscript></div>
<link rel="stylesheet" href="_static/stages.css">
<script defer src="_static/stages-data.js"></script>
<script defer src="_static/stages.js"></script>
"""
