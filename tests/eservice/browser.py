"""A browser without script: it follows links, fills in and sends the forms that pages hold, and keeps cookies.

Pages are read by Python's own HTML parser. Nothing is sent that the page does not offer, unless `post` is told to.
"""

import html as entities
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import requests

from tests.people import Person

_VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}


@dataclass
class Control:
    """One way to send a form: a button with a name and a value, and its text."""

    name: str
    value: str
    text: str = ""


@dataclass
class HtmlForm:
    """A form as the page has it: where it goes, what its fields hold now, what its radio buttons offer."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[Control] = field(default_factory=list)
    field_names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Collects forms, links and the text of the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[HtmlForm] = []
        self.links: list[tuple[str, str]] = []
        self.parts: list[str] = []
        self._open_form: HtmlForm | None = None
        self._named: dict[str, HtmlForm] = {}
        self._outside: list[tuple[str, Control]] = []  # buttons that stand outside their form
        self._area: str | None = None
        self._button: Control | None = None
        self._link: str | None = None
        self._link_text = ""
        self._silent = 0

    def handle_starttag(self, tag, attributes) -> None:
        told = {name: value or "" for name, value in attributes}
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "a":
            self._link, self._link_text = told.get("href", ""), ""
        elif tag == "form":
            self._open_form = HtmlForm(told.get("action", ""), told.get("method", "get").lower())
            self.forms.append(self._open_form)
            self._named[told.get("id", "")] = self._open_form
        elif tag == "button" and told.get("form"):
            self._button = Control(told.get("name", ""), told.get("value", ""))
            self._outside.append((told["form"], self._button))
        elif self._open_form is not None:
            self._field(tag, told)
        if tag not in _VOID and tag not in ("a", "span", "strong", "em", "abbr"):
            self.parts.append("\n")
        if tag == "br":
            self.parts.append("\n")

    def _field(self, tag, told) -> None:
        form, name = self._open_form, told.get("name", "")
        kind = told.get("type", "text")
        if name:
            form.field_names.add(name)
        if tag == "input" and kind == "radio":
            form.choices.setdefault(name, []).append(told.get("value", ""))
            if "checked" in told:
                form.values[name] = told.get("value", "")
        elif tag == "input" and kind == "checkbox":
            form.choices.setdefault(name, []).append(told.get("value", "on"))
            if "checked" in told:
                form.values[name] = told.get("value", "on")
        elif tag == "input" and name:
            form.values[name] = told.get("value", "")
        elif tag == "textarea":
            self._area, form.values[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option":
            form.choices.setdefault(self._select, []).append(told.get("value", ""))
            if "selected" in told or self._select not in form.values:
                form.values[self._select] = told.get("value", "")
        elif tag == "button":
            self._button = Control(name, told.get("value", ""))
            form.buttons.append(self._button)

    def handle_endtag(self, tag) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        if tag == "a" and self._link is not None:
            self.links.append((" ".join(self._link_text.split()), self._link))
            self._link = None
        elif tag == "form":
            self._open_form = None
        elif tag == "textarea":
            self._area = None
        elif tag == "button":
            self._button = None

    def close(self) -> None:
        super().close()
        for name, button in self._outside:
            self._named[name].buttons.append(button)

    def handle_data(self, text) -> None:
        if self._silent:
            return
        self.parts.append(text)
        if self._link is not None:
            self._link_text += text
        if self._button is not None:
            self._button.text = f"{self._button.text}{text}".strip()
        if self._area is not None:
            self._open_form.values[self._area] += text.removeprefix("\n")


@dataclass
class Browser:
    """One window at the site `base`, whose address ends in a slash."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)
    url: str = ""
    status: int = 0
    page: str = field(default="", repr=False)
    headers: dict = field(default_factory=dict, repr=False)

    # -- Going places

    def get(self, path: str = "") -> "Browser":
        """Open a path below the site (`bokade-tider`), or an address of the page."""
        return self._seen(self.session.get(urljoin(self.url if path.startswith("?") else self.base, path)))

    def follow(self, text: str) -> "Browser":
        """Follow the first link whose text holds `text`."""
        found = [url for told, url in self.read.links if text in told]
        assert found, f"no link {text!r} on {self.url}; there are {[told for told, _ in self.read.links]}"
        return self._seen(self.session.get(urldefrag(urljoin(self.url, found[0])).url))

    def submit(self, button: str = "", **typed: str | None) -> "Browser":
        """Send the form of the button whose text holds `button`; without one that of the main part, the last with
        fields of these names. What is typed takes the place of what the page holds; None leaves a field out."""
        form, control = self._form(button, typed)
        for name in typed:
            assert name in form.field_names, f"the form has no field {name!r}; it has {sorted(form.field_names)}"
        values = {**form.values, **typed}
        if control is not None and control.name:
            values[control.name] = control.value
        sent = {name: value for name, value in values.items() if value is not None}
        address = urldefrag(urljoin(self.url, form.action) if form.action else self.url).url
        if form.method == "get":
            return self._seen(self.session.get(address.partition("?")[0], params=sent))
        return self._seen(self.session.post(address, data=sent))

    def _form(self, button: str, typed: dict) -> tuple[HtmlForm, Control | None]:
        pairs = [(form, one) for form in self.read.forms for one in form.buttons or [None]]
        if button:
            fitting = [(form, one) for form, one in pairs if one is not None and button in one.text]
        else:
            fitting = [(form, one) for form, one in pairs if set(typed) <= form.field_names and typed]
        assert fitting, f"no form with the button {button!r} and the fields {sorted(typed)} on {self.url}"
        exact = [(form, one) for form, one in fitting if one is not None and one.text == button]
        return (exact or fitting)[0]

    def post(self, path: str, **typed: str) -> "Browser":
        """Send what the page may not offer, with the token that it holds."""
        return self._seen(self.session.post(urljoin(self.base, path), data={"csrf_token": self.token, **typed}))

    # -- What is seen

    @property
    def read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.page)
        reader.close()
        return reader

    @property
    def text(self) -> str:
        """The page's text, a line for each block."""
        lines = (" ".join(line.split()) for line in "".join(self.read.parts).split("\n"))
        return "\n".join(line for line in lines if line)

    @property
    def heading(self) -> str:
        """Its first h1."""
        inside = self.page.partition("<h1")[2].partition(">")[2].partition("</h1>")[0]
        return " ".join(entities.unescape(inside).split())

    @property
    def title(self) -> str:
        return " ".join(entities.unescape(self.page.partition("<title>")[2].partition("</title>")[0]).split())

    @property
    def token(self) -> str:
        found = [form.values["csrf_token"] for form in self.read.forms if "csrf_token" in form.values]
        return found[0] if found else ""

    def choices(self, name: str) -> list[str]:
        """What a field of the page offers."""
        return next((form.choices[name] for form in self.read.forms if name in form.choices), [])

    # -- What everybody does

    def sign_in(self, person: Person) -> "Browser":
        self.get("logga-in")
        number = f"{person.number[:8]}-{person.number[8:]}"
        self._seen(self.session.post(self.url, data={"csrf_token": self.token, "chosen": number}))
        assert self.status == 200, self.text
        return self

    def another(self) -> "Browser":
        """A window of somebody else, who is not signed in."""
        return Browser(self.base)

    def close(self) -> None:
        self.session.close()

    def _seen(self, answer: requests.Response) -> "Browser":
        self.url, self.status, self.page = answer.url, answer.status_code, answer.text
        self.headers = dict(answer.headers)
        return self
