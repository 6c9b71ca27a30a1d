"""A page as a browser takes it apart."""

from collections.abc import Iterator
from html.parser import HTMLParser

from flask.testing import FlaskClient

VOID = {"meta", "link", "base", "input", "br", "hr", "img"}


class Outline(HTMLParser):
    """The elements of a page with their attributes and text; fails where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[tuple[str, int]] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append("")
        if tag not in VOID:
            self._open.append((tag, len(self.elements) - 1))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, place in self._open:
            self.texts[place] += data

    def find(self, *tags: str) -> Iterator[tuple[dict[str, str], str]]:
        """The attributes and text of each element of these names."""
        for (tag, attributes), text in zip(self.elements, self.texts, strict=True):
            if tag in tags:
                yield attributes, text.strip()

    def field(self, name: str) -> str:
        """The value of the first field of this name."""
        return next(attributes["value"] for attributes, _ in self.find("input") if attributes["name"] == name)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def page(client: FlaskClient, path: str, data: dict[str, str] | None = None, status: int = 200) -> Outline:
    response = client.get(path) if data is None else client.post(path, data=data)
    assert response.status_code == status, response.text
    assert response.content_type == "text/html; charset=utf-8"
    return Outline(response.text)


def say(client: FlaskClient, before: Outline, path: str = "/chat", **fields: str) -> Outline:
    """Send what a browser sends from the form on `before`."""
    hidden = {name: before.field(name) for name in ("context", "transcript")}
    return page(client, path, hidden | fields)
