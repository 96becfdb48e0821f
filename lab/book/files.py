"""Each text file of the repository as a page of its own, with line numbers, and a list for each directory."""

import html
import os
import re
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

LARGEST = 200_000
LEXERS = {".hints": None, ".csv": None, "CMakePresets.json": "x.json", ".clang-format": "x.yml", ".clang-tidy": "x.yml",
          "run": "x.sh", "Dockerfile": "Dockerfile"}


def paths(root):
    """All files, without what was built."""
    for directory, inside, names in os.walk(root):
        here = Path(directory).relative_to(root)
        inside[:] = sorted(
            name for name in inside
            if name not in (".git", "__pycache__", "node_modules") and not (here == Path() and name.startswith("build"))
        )
        for name in sorted(names):
            if (here / name) != Path(".git"):
                yield here / name


def page_of(root, name):
    return f"files/{name}/index.html" if (root / name).is_dir() else f"files/{name}.html"


def text_of(path):
    if path.stat().st_size > LARGEST:
        return None
    data = path.read_bytes()
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def coloured(name, text):
    """The lines of `text` in HTML."""
    name = LEXERS.get(name, LEXERS.get(Path(name).suffix, name))
    try:
        lexer = get_lexer_for_filename(name, stripnl=False) if name else TextLexer(stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    return highlight(text, lexer, HtmlFormatter(nowrap=True)).rstrip("\n").split("\n")


def first_comment(text):
    """What a file says of itself: the first sentence of its opening comment."""
    lines = text.splitlines()
    comment = []
    for line in lines[1:] if lines and lines[0].startswith("#!") else lines:
        mark = re.match(r'(?://|#|""")\s?(.*)', line)
        if not mark or (comment and not mark[1].strip()):
            break
        comment.append(mark[1].strip('" '))
    sentence = re.split(r"(?<=[.:?!]) |[.:]$", " ".join(comment))[0]
    return "" if re.match(r"(pragma|include)\b", sentence) else sentence.rstrip(".:")


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title} - Async I/O from scratch, in C++</title>
<link rel="stylesheet" href="{up}_static/pygments.css">
<link rel="stylesheet" href="{up}_static/styles/furo.css">
<link rel="stylesheet" href="{up}_static/book.css">
<style>{variables}</style>
<script defer src="{up}_static/book.js"></script>
</head>
<body class="file-page">
<script>document.body.dataset.theme = (() => {{ try {{ return localStorage.getItem("theme"); }} catch {{ }} }})() || "auto";</script>
<header><nav aria-label="Where this file is"><a href="{up}index.html">Async I/O from scratch</a>{crumbs}</nav></header>
<main>
<h1>{heading}</h1>
{body}
</main>
</body>
</html>
"""


def write_page(out, page, title, body, variables):
    """`title` is a path. Its parts link to the lists of the directories above it."""
    up = "../" * page.count("/")
    parts = title.split("/")
    crumbs = "".join(
        f' <span aria-hidden="true">/</span> <a href="{up}files/{"/".join(parts[:i])}/index.html">{html.escape(parts[i - 1])}</a>'
        for i in range(1, len(parts))
    )
    file = out / page
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PAGE.format(title=html.escape(title), heading=html.escape(parts[-1]), up=up, crumbs=crumbs, body=body,
                                variables=variables))


def write_pages(root, out):
    index = (out / "index.html").read_text()
    variables = re.search(r"<style>(.*?)</style>", index, re.S)[1]  # the colours that furo.css needs
    ours = max(Path(__file__).stat().st_mtime, (out / "index.html").stat().st_mtime)
    lists = {}
    for path in paths(root):
        text = text_of(root / path)
        if text is None:
            continue
        for parent in path.parents:
            if parent != Path():
                lists.setdefault(parent, set()).add(path if parent == path.parent else
                                                    parent / path.relative_to(parent).parts[0])
        lists[path.parent].add(path) if path.parent != Path() else None
        page = page_of(root, path.as_posix())
        made = out / page
        newest = max((root / path).stat().st_mtime, Path(__file__).stat().st_mtime)
        if made.exists() and made.stat().st_mtime > newest:
            continue
        lines = "".join(
            f'<span class="line" id="L{n}"><a href="#L{n}">{n}</a>{line}\n</span>'
            for n, line in enumerate(coloured(path.name, text), 1)
        )
        body = f'<div class="highlight listing"><pre><span class="lines-of">{lines}</span></pre></div>'
        write_page(out, page, path.as_posix(), body, variables)
    for directory, inside in lists.items():
        rows = ""
        for path in sorted(inside, key=lambda p: (not (root / p).is_dir(), p)):
            slash = "/" if (root / path).is_dir() else ""
            of = root / path / "CMakeLists.txt" if slash else root / path
            about = first_comment(text_of(of)) if of.is_file() else ""
            up = "../" * (len(directory.parts) + 1)
            rows += (f'<tr><td><a href="{up}{page_of(root, path.as_posix())}">{html.escape(path.name)}{slash}</a></td>'
                     f"<td>{html.escape(about)}</td></tr>\n")
        body = f'<div class="table-wrapper"><table>\n{rows}</table></div>'
        write_page(out, page_of(root, directory.as_posix()), directory.as_posix(), body, variables)
