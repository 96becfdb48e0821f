"""A picture for a light background, and one for a dark one. One that is no SVG is what it is, on both."""

import re
import shutil

MEDIA = re.compile(r"@media \(prefers-color-scheme: (light|dark)\) \{((?:[^{}]|\{[^{}]*\})*)\}")


def for_both_backgrounds(file, directory, name):
    """Writes `name` twice into `directory`; returns {"light": file, "dark": file}, or {"": file} for what is no SVG."""
    directory.mkdir(parents=True, exist_ok=True)
    if file.suffix != ".svg":
        shutil.copyfile(file, directory / name)
        return {"": name}
    text = file.read_text()
    made = {}
    for version in ("light", "dark"):
        made[version] = name.removesuffix(".svg") + f"-{version}.svg"
        (directory / made[version]).write_text(fit(text, version))
    return made


def fit(text, version):
    """The reader may have chosen another scheme than the system's, so the picture must not ask for that one."""
    if MEDIA.search(text):
        return MEDIA.sub(lambda rule: rule[2].strip() if rule[1] == version else "", text)
    # Black lines on white, as gnuplot draws them.
    text = re.sub(r'(<rect x="0" y="0"[^>]*) fill="#ffffff"', r'\1 fill="none"', text)
    if version == "dark":
        text = re.sub(r"<svg\b", '<svg style="filter: invert(0.92) hue-rotate(180deg)"', text, count=1)
    return text
