"""What anybody can see or reach of a page, whatever the screen."""

from playwright.sync_api import Frame, Page

#: Screens that a page is looked at on: a computer's and a phone's, in CSS pixels.
SCREENS = ((1280, 800), (390, 844))


def misfits(page: Page | Frame) -> list[str]:
    """List what a page does that it must not.

    Text must contrast with its ground by 4.5 to 1, and by 3 to 1 if it is large (WCAG 2.2, success
    criterion 1.4.3); nothing may be wider than the screen (1.4.10); every control has a name
    (4.1.2), and is at least 24 pixels high unless it stands within text (2.5.8).
    """
    found: list[str] = page.evaluate(_MISFITS)
    return found


def tabbed(page: Page, most: int = 20) -> list[str]:
    """Press Tab until the focus is back, and list what had it, with a visible outline each time."""
    found: list[str] = []
    page.evaluate("() => { document.activeElement?.blur(); getSelection().removeAllRanges(); }")
    for _ in range(most):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(_FOCUSED)
        if not name or name in found:
            break
        assert outlined, f"nothing shows that {name} has the focus"
        found.append(name)
    return found


_MISFITS = """() => {
  const found = [];
  const channel = (value) =>
    value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = numbers(colour).map(channel);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if ((numbers(colour)[3] ?? 1) === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (!text || !element.checkVisibility() || element.closest("noscript, script")) continue;
    const style = getComputedStyle(element);
    const pair = [luminance(style.color), luminance(ground(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) found.push(`"${text}" contrasts by ${contrast.toFixed(1)}`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} pixels wide`);
  for (const each of document.querySelectorAll("a, button, input:not([type=hidden])")) {
    if (!each.checkVisibility()) continue;
    const name = each.textContent.trim() || each.labels?.[0]?.textContent.trim();
    if (!name) found.push(`${each.outerHTML} has no name`);
    const within = getComputedStyle(each).display === "inline";
    if (!within && each.offsetHeight < 24) found.push(`"${name}" is too small to be touched`);
  }
  return found;
}"""
_FOCUSED = """() => {
  const each = document.activeElement;
  if (!each || each === document.body) return ["", false];
  const name = each.getAttribute("aria-label") ?? each.labels?.[0]?.textContent;
  const style = getComputedStyle(each);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [(name ?? each.textContent).trim(), outlined];
}"""
