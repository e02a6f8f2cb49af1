"""What a designer sees at a glance: how long a page is, how small its words, its filled buttons, whether tabs wrap."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

LONGEST = 4.0
"""Screens of its device that a work page may be long; the rest folds."""
SMALLEST = 14.0
"""Pixels of the smallest words, at the size of text that a browser begins with."""

LOOK = """() => {
  const shown = (one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".hidden-words, .skip")
    && one.getBoundingClientRect().width > 1;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const met = new Set();
  let smallest = Infinity, words = "";
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const holder = text.parentElement;
    if (met.has(holder) || !text.data.trim()) continue;
    met.add(holder);
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < smallest && shown(holder)) [smallest, words] = [size, text.data.trim().slice(0, 40)];
  }
  const tops = [...document.querySelectorAll(".btn-primary")].filter(shown)
    .map((one) => one.getBoundingClientRect().top + scrollY).sort((one, other) => one - other);
  const filled = tops.map((top) => tops.filter((other) => other >= top && other < top + innerHeight).length);
  const tabs = [...document.querySelectorAll(".tabs ul")]
    .map((row) => new Set([...row.children].map((one) => Math.round(one.getBoundingClientRect().top))).size);
  const screens = document.documentElement.scrollHeight / innerHeight;
  return [screens, smallest, words, Math.max(0, ...filled), Math.max(0, ...tabs)];
}"""


@dataclass(frozen=True)
class Look:
    """One page at one width: its height in screens, its smallest visible words and their size in pixels, the most
    filled buttons that one screen of it shows, the lines that its tabs take (0 without tabs)."""

    screens: float
    smallest: float
    words: str
    filled: int
    lines_of_tabs: int

    def problems(self, may_be_long: bool = False) -> list[str]:
        """Return what is wrong, a line each."""
        found = []
        if self.screens > LONGEST and not may_be_long:
            found.append(f"{self.screens:.1f} screens long, more than {LONGEST:.0f}")
        if self.smallest < SMALLEST:
            found.append(f"words of {self.smallest:.1f} px: {self.words}")
        if self.filled > 1:
            found.append(f"{self.filled} filled buttons on one screen")
        if self.lines_of_tabs > 1:
            found.append(f"tabs on {self.lines_of_tabs} lines")
        return found


def look_of(page: Page) -> Look:
    return Look(*page.evaluate(LOOK))
