"""What tests ask of a page that is open, as expressions in the page."""

from tests.browser.chromium import Chromium

WIDTHS = (1280, 390)

_EMPTY_PLOTS = """
[...document.querySelectorAll('svg')].filter(svg => {
  const box = svg.getBoundingClientRect();
  const drawn = [...svg.querySelectorAll('path')].filter(path => {
    const { width, height } = path.getBoundingClientRect();
    return width > 0 || height > 0;
  });
  return box.width < 100 || box.height < 20 || drawn.length < 3;
}).map(svg => svg.getAttribute('aria-label'))
"""
_BROKEN_IMAGES = "[...document.images].filter(image => !(image.complete && image.naturalWidth)).map(image => image.src)"
_CUT_TEXTS = """
[...document.querySelectorAll('svg text')].filter(text => {
  const own = text.getBoundingClientRect(), all = text.ownerSVGElement.getBoundingClientRect();
  return own.left < all.left - 2 || own.right > all.right + 2 || own.top < all.top - 2 || own.bottom > all.bottom + 2;
}).map(text => text.textContent)
"""
_ENDS = """
[...document.querySelectorAll('body *')].filter(each => !each.closest('.table, svg, .hidden')).map(each =>
  [each.getBoundingClientRect().right, each.outerHTML.slice(0, 80)])
"""
_SAME_SHAPE = """
(() => {
  const drawn = character => {
    const canvas = new OffscreenCanvas(40, 40), paper = canvas.getContext('2d');
    paper.font = '32px ' + getComputedStyle(document.body).fontFamily;
    paper.fillText(character, 2, 34);
    return paper.getImageData(0, 0, 40, 40).data.join();
  };
  return drawn('微') === drawn('调');
})()
"""


def faults(browser: Chromium, width: int) -> dict[str, object]:
    """What is wrong with the page that is open; empty where nothing is."""
    found = {
        "plots without a drawing": browser.run(_EMPTY_PLOTS),
        "images without a picture": browser.run(_BROKEN_IMAGES),
        "texts that a plot cuts off": browser.run(_CUT_TEXTS),
        "elements beyond the window": [element for right, element in browser.run(_ENDS) if right > width + 1],
        "pixels beyond the window": max(0, browser.run("document.documentElement.scrollWidth") - width),
        "complaints": browser.complaints,
        "requests beyond the page": [
            address for address in browser.requests[1:] if not address.startswith(("data:", "blob:"))
        ],
    }
    return {what: value for what, value in found.items() if value}


def chinese_is_drawn(browser: Chromium) -> bool:
    """Without a font two characters are the same empty box."""
    return not browser.run(_SAME_SHAPE)
