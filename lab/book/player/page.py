#!/usr/bin/env python3
"""page.py OUT: a bare page with every player, which needs nothing else, for the tests and for a look without the book."""

import html
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = ["model.js", "elements.js", "code.js", "bars.js", "view_calls.js", "view_poller.js", "view_tasks.js", "view_rings.js", "view_map.js", "view_game.js", "view_quiz.js", "cases.js", "player.js"]


def figure(recording):
    picture = recording.parents[3] / recording.stem / "timeline.svg"
    image = f'<img src="{html.escape(picture.as_uri())}" alt="The same as a picture">' if picture.is_file() else ""
    text = recording.read_text().replace("</", "<\\/")
    return f'<figure class="player" data-recording="{recording.stem}">{image}<script type="application/json">{text}</script></figure>'


def page():
    figures = "\n".join(f"<h2>{recording.stem}</h2>\n{figure(recording)}" for recording in sorted((HERE.parent / "recordings").glob("*.json")))
    scripts = "\n".join("<script>" + (HERE / script).read_text().replace("</script", "<\\/script") + "</script>" for script in SCRIPTS)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>All players</title>
<link rel="icon" href="data:,">
<style>body {{ font-family: system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; background: #fff; color: #1d2433; }}
@media (prefers-color-scheme: dark) {{ body:not([data-theme="light"]) {{ background: #0f1115; color: #e4e7ee; }} }}
figure img {{ max-width: 100%; height: auto; display: block; }}  /* as the book has it */
body[data-theme="dark"] {{ background: #0f1115; color: #e4e7ee; }}
@media (max-width: 67em) {{ .content {{ overflow-x: auto; }} }}  /* as Furo has it */
{(HERE / "player.css").read_text()}</style></head>
<body><main class="content"><h1>All players</h1>
{figures}
</main>
{scripts}
</body></html>
"""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
