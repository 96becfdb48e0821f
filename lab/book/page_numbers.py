"""page_numbers.py HTML PDF: writes into the first list of the book's one page where its links lead in the PDF that was made of it."""

import re
import sys
from pathlib import Path


def numbers(pdf):
    """{destination: number of its page}, of a PDF as Chromium writes it."""
    objects = dict(re.findall(rb"^(\d+) 0 obj\s(.*?)^endobj", pdf, re.M | re.S))
    catalog = next(text for text in objects.values() if b"/Type /Catalog" in text)

    def leaves(name):
        kids = re.search(rb"/Kids \[(.*?)\]", objects[name], re.S)
        return [leaf for kid in re.findall(rb"(\d+) 0 R", kids[1]) for leaf in leaves(kid)] if kids else [name]

    order = leaves(re.search(rb"/Pages (\d+) 0 R", catalog)[1])
    places = objects[re.search(rb"/Dests (\d+) 0 R", catalog)[1]]
    return {name.decode(): order.index(page) + 1 for name, page in re.findall(rb"/(\S+) \[(\d+) 0 R", places)}


def write(html, found):
    begin = html.index('<ul class="simple">')
    end = html.index("</ul>", begin)
    link = re.compile(r'(<a class="reference internal" href="[^"#]*#([^"]*)">.*?</a>)')
    numbered = link.sub(lambda a: f'{a[1]} <span class="contents-page">{found[a[2]]}</span>', html[begin:end])
    return html[:begin] + numbered + html[end:]


if __name__ == "__main__":
    page, pdf = map(Path, sys.argv[1:])
    page.write_text(write(page.read_text(), numbers(pdf.read_bytes())))
