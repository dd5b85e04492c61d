"""Check the links of the built site: python docs/check_links.py docs/_build/html.

Every page, file and anchor that a page points to must be there; what a page loads must come from the site itself, so
that it works without a network and tells nobody that it is read. Links to other sites must only be well formed.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LINK_TYPES_LOADED = {"stylesheet", "icon", "preload", "manifest"}


class Page(HTMLParser):
    """The anchors of a page, the links to follow, and what the browser loads by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: set[str] = set()
        self.loaded: set[str] = set(re.findall(r"url\([\"']?((?:https?:)?//[^\"')]+)", text))
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort a tag's addresses."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag in LOADED and LOADED[tag] in given:
            self.loaded.add(given[LOADED[tag]])
        elif tag == "link" and LINK_TYPES_LOADED & set(given.get("rel", "").split()):
            self.loaded.add(given["href"])
        elif "href" in given:
            self.links.add(given["href"])


@cache
def read(path: Path) -> Page:
    """Return a page, read once."""
    return Page(path.read_text(encoding="utf-8"))


def faults(path: Path) -> list[str]:
    """Return what is wrong with the links of a page."""
    page = read(path)
    found = [f"loads {url}" for url in page.loaded if urlsplit(url).netloc]
    for url in page.links | page.loaded:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            if not re.fullmatch(r"[\w.-]+\.\w+(:\d+)?", parts.netloc):
                found.append(f"{url} is no address")
        elif not parts.scheme and not parts.netloc:
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                found.append(f"{url} leads nowhere")
            elif target.suffix == ".html" and unquote(parts.fragment) not in read(target).anchors:
                found.append(f"{url}: no such place on that page")
    return sorted(found)


def main() -> None:
    """Print the faults of all pages, and exit with 1 if there are any."""
    pages = sorted(Path(sys.argv[1]).resolve().rglob("*.html"))
    wrong = [f"{page}: {fault}" for page in pages for fault in faults(page)]
    print(*wrong, f"{len(pages)} pages, {len(wrong)} faults", sep="\n")
    sys.exit(bool(wrong) or not pages)


if __name__ == "__main__":
    main()
