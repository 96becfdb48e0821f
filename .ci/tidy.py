#!/usr/bin/env python3
"""tidy.py BUILD FILES: clang-tidy, with the files of a directory as one.

Nearly all of clang-tidy's time goes into the standard library's headers, and so it takes as long for a small program as
for twenty. Here each directory has them once. Its programs get a namespace each, as all of them have a main; what they
include comes before. (The starters of exercises define the same functions as the solutions, and are a file of their own.)
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

build, files = Path(sys.argv[1]), sys.argv[2:]
commands = {os.path.relpath(one["file"]): one for one in json.loads((build / "compile_commands.json").read_text())}
directories = defaultdict(list)
for file in files:
    if file in commands:  # others are not built on this machine
        directories[os.path.dirname(file) + "/starter" * file.endswith("_starter.cpp")].append(file)

made, work = [], build / "tidy"
work.mkdir(exist_ok=True)
for directory, its_files in directories.items():
    texts = {file: Path(file).read_text() for file in its_files}
    programs = [file for file in its_files if re.search(r"^int main\(", texts[file], re.M)]
    lines = sorted({line for file in programs for line in re.findall(r"^#include .*", texts[file], re.M)})
    beside = os.path.abspath(os.path.dirname(its_files[0]))
    lines = [re.sub('"(.*)"', lambda name: f'"{beside}/{name[1]}"' if os.path.exists(f"{beside}/{name[1]}") else name[0], line)
             for line in lines]
    for number, file in enumerate(its_files):
        lines.append(f'#include "{os.path.abspath(file)}"')
        if file in programs:
            lines[-1:] = [f"namespace program_{number} {{", lines[-1], "}"]
    one = commands[its_files[0]]
    source = work / (directory.replace("/", "_") + ".cpp")
    source.write_text("\n".join(lines) + "\n")
    made.append({**one, "file": str(source.resolve()), "command": one["command"].replace(one["file"], str(source.resolve()))})
(work / "compile_commands.json").write_text(json.dumps(made))


def tidy(one):
    return subprocess.run(["clang-tidy", "-p", work, "--config-file=.clang-tidy", "--quiet",
                           "--checks=-clang-analyzer-*,-bugprone-suspicious-include", one["file"]],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


with ThreadPoolExecutor(os.cpu_count()) as pool:
    results = list(pool.map(tidy, made))
for result in results:
    if result.returncode:
        print(result.stdout)
sys.exit(any(result.returncode for result in results))
