"""Which files are stages of one program, and what has changed between any two of them."""

import difflib
import json
from pathlib import Path

from files import coloured

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
    return [list(places) for kind, *places in matcher.get_opcodes() if kind != "equal"]


def write_data(root, file):
    """window.stages = {lines: all that differ, groups: [{name, files: [{path, lines: [numbers of lines]}], changes}]}"""
    numbers, result = {}, []
    for name, paths in groups(root).items():
        texts = [(root / path).read_text() for path in paths]
        lines = [text.splitlines() for text in texts]
        shown = [[numbers.setdefault(line, len(numbers)) for line in coloured(path, text)] for path, text in zip(paths, texts)]
        result.append({
            "name": name,
            "files": [{"path": path, "lines": line} for path, line in zip(paths, shown)],
            "changes": {f"{i},{j}": changes(lines[i], lines[j]) for j in range(len(paths)) for i in range(j)},
        })
    data = json.dumps({"lines": list(numbers), "groups": result}, separators=(",", ":"), ensure_ascii=False)
    file.write_text(f"window.stages = {data};\n")


PAGE = """<div id="stages"><noscript><p>Two files are laid side by side by a script, and scripts are switched off here.
<code>diff -u</code> shows the same.</p></noscript></div>
<script defer src="_static/stages-data.js"></script>
<script defer src="_static/stages.js"></script>
"""
