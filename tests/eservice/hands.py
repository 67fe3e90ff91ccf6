"""Two ways to use a page in Chromium: by mouse, and by keyboard alone. Neither needs the page to run scripts.

By keyboard there is Tab, Enter, space, arrows and typing, no more; wherever the focus stops on its way it must be seen:
with a ring, and within the window (domain.md §5.12, 1 and 9 to 11).
"""

from dataclasses import dataclass

from playwright.sync_api import Page, expect

MOST_STOPS = 150
FOCUSED = """() => {
  const here = document.activeElement, box = here.getBoundingClientRect(), style = getComputedStyle(here);
  const name = here.labels?.length ? [...here.labels].map(one => one.textContent).join(" ")
    : here.getAttribute("aria-label") || here.textContent;
  return {
    name: name.trim().replace(/\\s+/g, " "),
    kind: here.type || here.tagName.toLowerCase(),
    is_chosen: here.checked === true,
    is_seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.left >= 0 && box.right <= innerWidth + 1,
    has_ring: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 3,
  };
}"""


@dataclass(frozen=True)
class Mouse:
    """Clicks what it sees."""

    page: Page
    site: str

    def go(self, path: str) -> None:
        self.page.goto(self.site + path)

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def press(self, name: str) -> None:
        """A button, or a link."""
        main = self.page.get_by_role("main")
        wanted = main.get_by_role("button", name=name, exact=True).or_(main.get_by_role("link", name=name, exact=True))
        with self.page.expect_navigation():
            wanted.click()

    def choose(self, name: str) -> None:
        """A radio button whose name holds `name`, the first of them."""
        self.page.get_by_role("radio", name=name).first.check()

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)


@dataclass(frozen=True)
class Keys(Mouse):
    """Never touches the mouse."""

    def press(self, name: str) -> None:
        self._to(lambda at: at["name"] == name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def choose(self, name: str) -> None:
        here = self._to(lambda at: at["kind"] == "radio")
        if name in here["name"]:
            self.page.keyboard.press("Space")
        for _ in range(MOST_STOPS):
            here = self._here()
            if here["is_chosen"] and name in here["name"]:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {name!r}")

    def write(self, label: str, text: str) -> None:
        self._to(lambda at: label in at["name"])
        self.page.keyboard.type(text)
        expect(self.page.locator(":focus")).to_have_value(text)

    def _to(self, is_there) -> dict:
        """Tab until there."""
        passed = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            here = self._here()
            if is_there(here):
                return here
            passed.append(here["name"])
        raise AssertionError(f"not reached on {self.page.url}; passed {passed}")

    def _here(self) -> dict:
        """What has the focus. It must be seen that it has."""
        here = self.page.evaluate(FOCUSED)
        assert here["kind"] == "body" or (here["is_seen"] and here["has_ring"]), here
        return here
