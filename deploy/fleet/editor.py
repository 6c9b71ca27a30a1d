"""Somebody of the clinic's staff, signed in to the desk through nginx as a browser would be."""

import http.client
import re
import urllib.parse
from datetime import date
from html import unescape


class Editor:
    """A signed-in browser, as far as forms go."""

    def __init__(self, port: int, name: str, password: str) -> None:
        """Sign in."""
        self._port, self._cookie, self._csrf = port, "", ""
        self.post("/staff/sign-in", name=name, password=password)
        self._csrf = re.findall(r'name="csrf" value="([^"]+)"', self.get("/staff/account")[1])[0]

    def get(self, path: str) -> tuple[int, str]:
        """Status and page."""
        status, page, _ = self._send("GET", path)
        return status, page

    def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        """Status, page and where it leads, of a form."""
        return self._send("POST", path, urllib.parse.urlencode({"csrf": self._csrf, **fields}))

    def draft(self, question: str, answer: str, phrasings: str) -> str:
        """Write a topic; returns the address where it is published."""
        status, _, place = self.post(
            "/staff/topics/new-0badcafe",
            question=question,
            answer=answer,
            phrasings=phrasings,
            reviewed=date.today().isoformat(),
            act="publish",
        )
        if status != 303 or "/changes/" not in place:
            raise RuntimeError(f"the draft was not taken: {status}")
        return place

    def look(self, place: str) -> str:
        """What would change; returns the version that was looked at."""
        page = self.get(place)[1]
        seen: str = re.findall(r'name="seen" value="(\d+)"', page)[0]
        return seen

    def publish(self, place: str, seen: str) -> str:
        """Publish; returns what the desk says then, as text."""
        status, page, to = self.post(place, seen=seen)
        if status != 303:
            raise RuntimeError(f"it was not published: {status} {words(page)[:300]}")
        return words(self.get(to)[1])

    def _send(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        headers = {"Sec-Fetch-Site": "same-origin", "Cookie": self._cookie}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        page = response.read().decode()
        if given := response.headers.get("Set-Cookie"):
            self._cookie = given.partition(";")[0]
        connection.close()
        return response.status, page, response.headers.get("Location", "")


def words(page: str) -> str:
    """The words of a page's main part."""
    main = page.partition("<main")[2].partition(">")[2] or page
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", main).split()))
