"""A browser without a window: it keeps cookies, follows redirects and sends the forms' own secret by itself."""

import json
import secrets
from collections.abc import Mapping
from email.message import Message
from html.parser import HTMLParser
from http.client import HTTPConnection
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from pilot.errors import WrongState

FORM = "application/x-www-form-urlencoded"
SEALED = "application/octet-stream"
FORM_COOKIE = "pilot_form"
"""The cookie whose value goes back with every form."""

PATIENCE = 120.0
"""Seconds after which an answer is given up."""

NOTHING_SAID = "It does not say why."


class Answer(Struct, frozen=True):
    """What came back, and the path from which it came in the end."""

    status: int
    path: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def value(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Browser:
    """One person at one computer, who talks to a server on this machine over one connection.

    `name` is how the browser calls itself in each request.
    """

    def __init__(self, port: int, name: str = "pilot rehearse") -> None:
        self._name = name
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.cookies: dict[str, str] = {}

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the next request opens another connection."""
        self._connection.close()

    def get(self, path: str) -> Answer:
        """Load a page. Raises WrongState when it is refused."""
        return self._good(self.send("GET", path))

    def post(self, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Send a form, and load the page to which its answer points. Raises WrongState when it is refused."""
        return self._good(self.send("POST", path, urlencode(fields or {}).encode(), FORM))

    def upload(self, path: str, content: bytes) -> Answer:
        """Send a form whose only field is a file. Raises WrongState when it is refused."""
        edge = secrets.token_hex(16)
        head = f'--{edge}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self._good(self.send("POST", path, body, f"multipart/form-data; boundary={edge}"))

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        """One request, and those to which the answers point; whatever comes back in the end."""
        if method != "GET" and FORM_COOKIE not in self.cookies:
            self.send("GET", "/vote")
        wanted = "application/json" if kind == SEALED else "text/html"
        headers = {"accept": wanted, "user-agent": self._name}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET":
            headers |= {"content-type": kind, "x-csrftoken": self.cookies[FORM_COOKIE]}
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        found = Answer(answer.status, path, answer.read())
        self._keep(answer.msg)
        if answer.status in (302, 303):
            return self.send("GET", urlsplit(answer.headers["location"]).path)
        return found

    def _keep(self, headers: Message) -> None:
        for line in headers.get_all("set-cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')

    @staticmethod
    def _good(answer: Answer) -> Answer:
        if answer.status != 200:
            raise WrongState(f"The server answered {answer.path} with {answer.status}: {sentences(answer.text)}")
        return answer


def sentences(page: str) -> str:
    """What a page says went wrong: its heading and first paragraph, or each problem of a form.

    "There is a problem" stands over the problems and says nothing by itself.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    problems = [text for tag, text in reader.said if tag == "li"]
    heading = next((text for tag, text in reader.said if tag == "h1"), "")
    paragraph = next((text for tag, text in reader.said if tag == "p"), "")
    said = [paragraph, *problems] if reader.is_form else [heading, paragraph, *problems]
    return " ".join(text if text.endswith((".", "?")) else f"{text}." for text in said if text) or NOTHING_SAID


class _Reader(HTMLParser):
    """Collects the headings, paragraphs and list items of a page's main part, up to the end of a form's problems."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self.is_form = False
        self._inside = self._over = False
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A part begins."""
        self._inside = self._inside or tag == "main"
        if self._inside and not self._over and tag in ("h1", "p", "li"):
            self._tag = tag
            self.said.append((tag, ""))
        if self._inside and ("class", "nhsuk-error-summary") in attrs:
            self.is_form, self.said = True, []

    def handle_endtag(self, tag: str) -> None:
        """A part ends; after the list of a form's problems comes the form itself."""
        self._over = self._over or tag == "main" or (tag == "ul" and self.is_form)
        if tag == self._tag:
            self._tag = ""

    def handle_data(self, data: str) -> None:
        """Words; those between the parts are left out."""
        if self._tag:
            tag, before = self.said[-1]
            self.said[-1] = tag, " ".join(f"{before} {data}".split())
