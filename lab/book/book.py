"""The blocks of the book, which pages.py makes of those of the tutorial, and the links to files."""

import html
import itertools
import json
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import BashSessionLexer, CppLexer
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

import files
import stages
from pictures import for_both_backgrounds

DEEPEST_INDENT = 32
MANY_COLUMNS = 8
SHORT = 16  # so many lines stay on one page of paper
COLUMNS = re.compile(r"(?:\S {2,}(?=\S).*){2}")  # at least three
NO_ANSWER = re.compile(r"\^C|\.\.\.|listening on .*")  # in a terminal, but says nothing of what a question asks


def find_lines(quoted, file):
    """The first and last line, from 1 on, of each piece of a quotation: as check_text looks them up."""
    pieces = [[]]
    for line in quoted:
        if line.strip() in ("// ...", "# ..."):
            pieces.append([])
        else:
            pieces[-1].append(line)
    pieces = [piece for piece in pieces if piece]
    for blanks in range(DEEPEST_INDENT + 1):
        found, begin = [], 0
        for piece in pieces:
            shifted = [line and " " * blanks + line for line in piece]
            while begin <= len(file) and file[begin : begin + len(piece)] != shifted:
                begin += 1
            if begin > len(file):
                break
            found.append((begin + 1, begin + len(piece)))
            begin += len(piece)
        else:
            return found
    return []


def reference(text, target, kind="file", classes=()):
    """A link to `target`, a file or a page that is no document."""
    node = addnodes.pending_xref("", nodes.inline(text, text, classes=list(classes)), refdomain="", reftype=kind,
                                 reftarget=target, refexplicit=True, refwarn=True)
    return node


class Block(SphinxDirective):
    has_content = True
    optional_arguments = 2
    option_spec = {"label": directives.unchanged}
    language = "none"

    def caption(self):
        return []

    def code(self):
        return nodes.literal_block("\n".join(self.content), "\n".join(self.content), language=self.language)

    def run(self):
        block = nodes.container(classes=["block", self.name, *self.more_classes()])
        caption = self.caption()
        if caption:
            block += nodes.paragraph("", "", *caption, classes=["caption"])
        code = self.code()
        code.source, code.line = self.get_source_info()
        block += code
        self.add_refdoc(block)
        return [block]

    def more_classes(self):
        return ["short"] if len(self.content) <= SHORT else []

    def add_refdoc(self, block):
        for link in block.findall(addnodes.pending_xref):
            link["refdoc"] = self.env.docname

    def read(self, name):
        self.env.note_dependency(str(self.root / name))
        return (self.root / name).read_text().splitlines()

    @property
    def root(self):
        return Path(self.config.book_root)


class Quotation(Block):
    """```{quotation} cpp FILE: its caption is the file, and the lines where it is."""

    @property
    def language(self):
        return self.arguments[0]

    def caption(self):
        name = self.arguments[1]
        found = find_lines(list(self.content), self.read(name))
        if not found:
            raise self.error(f"not in {name}")
        anchors = [f"L{first}-L{last}" if last > first else f"L{first}" for first, last in found]
        caption = [reference(name, f"{name}#{anchors[0]}", classes=["file"])]
        for number, (first, last) in enumerate(found):
            text = f"{first}–{last}" if last > first else f"{first}"
            text = text if number else f"{'lines' if last > first or len(found) > 1 else 'line'} {text}"
            caption += [nodes.Text(", " if number else " "), reference(text, f"{name}#{anchors[number]}", classes=["lines"])]
        return caption


class Changes(Block):
    """```{changes} FILE FILE: a diff; its caption has a link to the two files beside each other."""

    def caption(self):
        old, new = self.arguments
        return [
            reference(old, old, classes=["file"]), nodes.Text(" → "), reference(new, new, classes=["file"]),
            nodes.Text(" "), reference("side by side", stages.anchor(old, new), "stages", ["beside"]),
        ]

    def code(self):
        text = "\n".join(self.content)
        return diff_block(text, text, language="none")


class Console(Block):
    """```{console}: a terminal, with the label that it has in the text."""

    def caption(self):
        return [nodes.Text(self.options["label"])]

    def code(self):
        text = "\n".join(self.content)
        return console_block(text, text, language="none")

    def more_classes(self):
        commands = any(line.startswith("$ ") for line in self.content)
        columns = sum(1 for line in self.content if COLUMNS.search(line)) > 1
        return super().more_classes() + ["commands"] * commands + ["columns"] * columns


class Drawing(Block):
    pass


class Sketch(Block):
    language = "cpp"


class diff_block(nodes.literal_block):
    pass


class console_block(nodes.literal_block):
    pass


def coloured_lines(source, lexer):
    """As many as the source has."""
    lexer = lexer(stripnl=False)
    coloured = highlight("\n".join(source), lexer, HtmlFormatter(nowrap=True)).rstrip("\n").split("\n")
    return coloured + [""] * (len(source) - len(coloured))


def tell_what_came(source):
    """For each line of a terminal, whether a program has printed it, and it may answer a question."""
    answers, goes_on = [], False
    for line in source:
        typed = line.startswith("$ ") or goes_on
        answers.append(not typed and not NO_ANSWER.fullmatch(line))
        goes_on = typed and line.endswith("\\")
    return answers


def visit_console_block(self, node):
    """Each line, which may be wrapped, is an element; what came of the commands is in others, which predict.js covers."""
    source = node.astext().split("\n")
    self.body.append('<div class="highlight-console notranslate"><div class="highlight"><pre>')
    lines = zip(tell_what_came(source), coloured_lines(source, BashSessionLexer))
    end = "" if self.builder.name == "html" else "\n"  # a browser copies one for each block, as well
    for came, group in itertools.groupby(lines, key=lambda line: line[0]):
        text = "".join(f'<span class="line">{line + end or chr(10)}</span>' for _, line in group)
        self.body.append(f'<span class="came">{text}</span>' if came else text)
    self.body.append("</pre></div></div>\n")
    raise nodes.SkipNode


def visit_diff_block(self, node):
    """Each line in the colours of C++, on the ground of a line that is new or gone."""
    source = node.astext().split("\n")
    coloured = coloured_lines(["" if line.startswith("@@") else line[1:] for line in source], CppLexer)
    self.body.append('<div class="highlight-diff notranslate"><div class="highlight"><pre><span class="lines-of">')
    kinds = {"+": "new", "-": "gone", "@": "gap"}
    for line, text in zip(source, coloured):
        sign = html.escape(line[:1] or " ")
        kind = kinds.get(sign, "same")
        if kind == "gap":
            sign, text = "", "⋯"
        self.body.append(f'<span class="line {kind}"><span class="sign">{sign}</span>{text}\n</span>')
    self.body.append("</span></pre></div></div>\n")
    raise nodes.SkipNode


class picture(nodes.General, nodes.Element):
    pass


def images(env, file, alt):
    """The image for a light background and, on a screen, the one for a dark one."""
    made = for_both_backgrounds(Path(env.config.book_root) / file, Path(env.srcdir) / "pictures", file.replace("/", "-"))
    return [nodes.image(uri=f"/pictures/{name}", alt=alt, classes=[f"only-{version}"] if version else [])
            for version, name in made.items() if version != "dark" or env.app.builder.name == "html"]


class Picture(SphinxDirective):
    """```{picture} FILE, with :alt: and perhaps :recording:, or the latter alone. See pages.py for players."""

    optional_arguments = 1
    option_spec = {"alt": directives.unchanged, "recording": directives.unchanged}

    def run(self):
        node = picture(recording=self.options.get("recording"))
        if node["recording"]:
            self.need(node["recording"])
        if self.arguments:
            self.need(self.arguments[0])
            node += images(self.env, self.arguments[0], self.options["alt"])
        return [node]

    def need(self, name):
        file = Path(self.config.book_root) / name
        self.env.note_dependency(str(file))
        if not file.is_file():
            raise self.error(f"there is no {name}")
        return file


class InlineImages(SphinxTransform):
    """An image that is not alone in its line: it, too, has a version for each background."""

    default_priority = 100

    def apply(self):
        for image in list(self.document.findall(nodes.image)):
            file = Path(self.config.book_root) / image["uri"]
            if image["uri"].endswith(".svg") and file.is_file():
                self.env.note_dependency(str(file))
                image.replace_self(images(self.env, image["uri"], image["alt"]))


class WideTables(SphinxTransform):
    """A table with many columns is set smaller on a page that cannot be scrolled."""

    default_priority = 100

    def apply(self):
        for group in self.document.findall(nodes.tgroup):
            if group["cols"] >= MANY_COLUMNS:
                group.parent["classes"].append("wide")


def visit_picture(self, node):
    recording = node["recording"]
    if self.builder.name != "html":
        recording = None
        if not node.children:
            raise nodes.SkipNode
    attributes = ' class="picture"'
    if recording:
        attributes = f' class="player" id="player-{Path(recording).stem}" data-recording="{html.escape(recording)}"'
    self.body.append(f"<figure{attributes}>")


def depart_picture(self, node):
    if node["recording"] and self.builder.name == "html":
        text = (Path(self.config.book_root) / node["recording"]).read_text().replace("</", "<\\/")
        self.body.append(f'<script type="application/json">{text}</script>')
    self.body.append("</figure>\n")


class Step(SphinxDirective):
    """```{step} 6: a link to the program of a step beside that of the step before it."""

    required_arguments = 1

    def run(self):
        number = int(self.arguments[0])
        root = Path(self.config.book_root)
        old, new = (sorted(root.glob(f"07_futures_tasks/steps/{step:02}_*.cpp")) for step in (number - 1, number))
        if not new:
            raise self.error(f"no step {number}")
        if not old or self.env.app.builder.name != "html":
            return []
        text = f"{new[0].name} beside {old[0].name}"
        return [nodes.paragraph("", "", reference(text, stages.anchor(*(str(one[0].relative_to(root)) for one in (old, new))), "stages", ["beside"]))]


class covered(nodes.General, nodes.Element):
    """What predict.js covers until its question has an answer."""


class Covered(SphinxDirective):
    """```{covered}: what stands behind it is. Several of them in a row are covered as one."""

    def run(self):
        return [covered()]


class WhatIsCovered(SphinxTransform):
    default_priority = 100

    def apply(self):
        for mark in list(self.document.findall(covered)):
            siblings, at = mark.parent, mark.parent.index(mark)
            behind = siblings.pop(at + 1)
            if at and isinstance(siblings[at - 1], covered):
                siblings.pop(at)
                mark = siblings[at - 1]
            mark += behind


class Stages(SphinxDirective):
    def run(self):
        return [nodes.raw("", stages.PAGE, format="html")]


def mark_links_to_files(app, doctree):
    """Before MyST looks for a document of that name."""
    for link in doctree.findall(addnodes.pending_xref):
        target = link["reftarget"].partition("#")[0]
        if link["reftype"] == "myst" and target and (Path(app.config.book_root) / target).exists():
            link["reftype"], link["refdomain"] = "file", ""


def resolve(app, env, node, content):
    """A link to a file of the repository, to its page; in print and in the EPUB, its name only."""
    target, _, anchor = node["reftarget"].partition("#")
    if node["reftype"] == "file":
        page = files.page_of(Path(app.config.book_root), target.rstrip("/"))
    elif node["reftype"] == "stages" and stages.knows(anchor):
        page = "stages.html"
    else:
        return None
    if app.builder.name != "html":
        return nodes.inline("", "") if node["reftype"] == "stages" else content
    if lines := re.fullmatch(r"(L\d+)-L\d+", anchor):  # see book.js
        page, anchor = f"{page}?{anchor}", lines[1]
    uri = relative_uri(app.builder.get_target_uri(node["refdoc"]), page) + (f"#{anchor}" if anchor else "")
    return nodes.reference("", "", content, refuri=uri, internal=True)


def mend_theme(static):
    """Debian's furo asks for a style sheet of the machine's, and its script is a module, which file:// does not load."""
    style, script = static / "styles/furo.css", static / "scripts/furo.js"
    asks = re.compile(r"@import url\((/javascript/[^)]*)\);")
    local = lambda found: Path("/usr/share", found[1][1:])
    style.write_text(asks.sub(lambda found: local(found).read_text() if local(found).exists() else "", style.read_text()))
    text, module = script.read_text(), re.compile(r'^import (?:\* as )?Gumshoe from "./gumshoe-patched(?:\.js)?";$', re.M)
    if module.search(text):
        script.write_text((static / "scripts/gumshoe-patched.js").read_text() + module.sub("", text))


def words(found):
    return " ".join(" ".join(node.astext() for node in found).split())


def section_of(section):
    """Anchor, title, prose, code and other covered words, the entries of the index, and what is stressed: the words that a text explains."""
    own = [child for child in section.children if not isinstance(child, (nodes.section, nodes.raw, nodes.title))]
    found = lambda *kinds: [node for child in own for node in child.findall() if isinstance(node, kinds)]
    prose = [child for child in own if not isinstance(child, (nodes.container, covered, picture, addnodes.index))]
    code = [inner for child in own for inner in ([child] if isinstance(child, covered) else child.findall(nodes.literal_block))]
    index = [entry[1] for node in found(addnodes.index) for entry in node["entries"]]
    stressed = sorted({node.astext().strip(".:") for node in found(nodes.emphasis, nodes.strong) if len(node.astext()) < 40})
    # Sphinx's own names for a section, `id7`, change with what is before it.
    names = [name for name in section["ids"] if not re.fullmatch(r"id\d+", name)] or section["ids"]
    return [names[-1], section.next_node(nodes.title).astext(), words(prose), words(code), index, stressed]


def write_sections(app, file):
    """What search.js asks: {page: [title, [a section]...]}."""
    all_sections = {}
    for name in sorted(app.env.found_docs):
        tree = app.env.get_doctree(name)
        all_sections[name] = [tree.next_node(nodes.title).astext(), *map(section_of, tree.findall(nodes.section))]
    data = json.dumps(all_sections, separators=(",", ":"), ensure_ascii=False)
    file.write_text(f"window.sections = {data};\n")


def add_scripts(app, page, template, context, doctree):
    """Only the pages that need them have the scripts of the search and of the player."""
    if app.builder.name != "html":
        return
    for script in context["script_files"]:  # see mend_theme
        getattr(script, "attributes", {}).pop("type", None)
    if page == "search":
        for script in ("sections.js", "search.js"):
            app.add_js_file(script, defer="defer")
    if doctree and any(node["recording"] for node in doctree.findall(picture)):
        for file in app.config.book_player:
            app.add_css_file(file) if file.endswith(".css") else app.add_js_file(file, defer="defer")


def finish(app, exception):
    if exception is None and app.builder.name == "html":
        mend_theme(Path(app.outdir) / "_static")
        write_sections(app, Path(app.outdir) / "_static/sections.js")
        files.write_pages(Path(app.config.book_root), Path(app.outdir))
        stages.write_data(Path(app.config.book_root), Path(app.outdir) / "_static/stages-data.js")


def setup(app):
    app.add_config_value("book_root", "", "env")
    app.add_config_value("book_scripts", 0.0, "env")
    app.add_config_value("book_player", [], "html")
    for directive in (Quotation, Changes, Console, Drawing, Sketch, Picture, Step, Covered, Stages):
        app.add_directive(directive.__name__.lower(), directive)
    visitors = {diff_block: (visit_diff_block, None), console_block: (visit_console_block, None),
                picture: (visit_picture, depart_picture),
                covered: (lambda self, node: self.body.append('<div class="covered">'), lambda self, node: self.body.append("</div>\n"))}
    for node, functions in visitors.items():
        app.add_node(node, **{builder: functions for builder in ("html", "epub", "singlehtml")})
    app.add_transform(InlineImages)
    app.add_transform(WideTables)
    app.add_transform(WhatIsCovered)
    app.connect("doctree-read", mark_links_to_files)
    app.connect("missing-reference", resolve)
    app.connect("html-page-context", add_scripts, priority=900)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
