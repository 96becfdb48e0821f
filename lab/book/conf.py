# Sphinx's settings for the book. `make` calls it with the pages that pages.py has made.
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "Async I/O from scratch, in C++"
root = Path(__file__).parents[2]
extensions = ["myst_parser", "sphinx_copybutton", "book"]
book_root = str(root)
# What these scripts made is made anew when they change.
book_scripts = max(path.stat().st_mtime for path in Path(__file__).parent.rglob("*"))

nitpicky = True
language = "en"

html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"}), ("predict.js", {"defer": "defer"})]
# What a page with a player loads beside, in this order: the files of player/, where there is one.
book_player = ["player.css", "model.js", "elements.js", "code.js", "bars.js", "view_calls.js", "view_poller.js",
               "view_tasks.js", "view_rings.js", "view_map.js", "view_game.js", "view_quiz.js", "cases.js", "player.js"]
html_static_path += [name for name in ["player"] if Path(__file__).with_name(name).is_dir()]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
html_show_search_summary = False  # it would be fetched, and nothing can be fetched from file://
html_permalinks_icon = "#"
pygments_style = "book_styles.Light"
pygments_dark_style = "book_styles.Dark"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b5f7d",
        "color-brand-content": "#0b5f7d",
        "color-foreground-primary": "#16191d",
        "color-foreground-secondary": "#4d545d",
        "color-foreground-muted": "#5a6068",
        "color-background-secondary": "#f8f9fb",
        "color-highlighted-background": "#fff3c4",
    },
    # All of them, because Debian's furo.css lacks those for a system that is dark by itself.
    "dark_css_variables": {
        "color-problematic": "#ff9ea8",
        "color-foreground-primary": "#dde2e9",
        "color-foreground-secondary": "#aab2bd",
        "color-foreground-border": "#666c75",
        "color-background-primary": "#121417",
        "color-background-secondary": "#181b1f",
        "color-background-hover": "#1f2328",
        "color-background-hover--transparent": "#1f232800",
        "color-background-border": "#30353c",
        "color-background-item": "#444a53",
        "color-highlighted-background": "#4a4018",
        "color-highlight-on-target": "#33300f",
        "color-brand-primary": "#5cc8ea",
        "color-brand-content": "#5cc8ea",
        "color-foreground-muted": "#a0a8b4",
    },
}
if os.environ.get("BOOK_BUILDER") == "singlehtml":  # for the PDF, which has no sidebar
    html_theme, html_theme_options = "basic", {"nosidebar": True}
    html_css_files = ["book.css", "print.css"]
    html_js_files = []
    html_permalinks = False

if os.environ.get("BOOK_BUILDER") == "epub":  # whose programs know less CSS, and none of the scripts
    html_static_path, html_css_files, html_js_files = ["static/epub.css"], [], []

# Commands are copied without their `$ ` and without what they print.
copybutton_selector = "div.quotation pre, div.console.commands pre"
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"
copybutton_copy_empty_lines = False

epub_title = project
epub_theme = "epub"
epub_show_urls = "no"
epub_css_files = ["epub.css"]
epub_tocdepth = 2
epub_author = "The authors of " + project
epub_copyright = "MIT licence"
version = release = "1"
suppress_warnings = ["epub.unknown_project_files"]
