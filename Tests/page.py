"""Works the HTML page in a browser (PyPI: playwright; a Chromium, its path in PACK_CHROMIUM, default /usr/bin/chromium).

    page.py FILE [FOLDER]    FILE is what PageRenderer wrote for Samples.page (Fixtures/reports/page.html); with
                             FOLDER, pictures at phone and desktop width, light and dark, are written there
"""

import os
import pathlib
import sys

from playwright.sync_api import sync_playwright

from checks import check, finish


def crumbs(page):
    return [text.split(" · ")[0] for text in page.locator(".crumbs li").all_inner_texts()]


def focused(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''").split(",")[0]


def zoom(page):
    page.locator(".cell.group", has_text="model ·").first.click(position={"x": 40, "y": 8})
    check("a click zooms in", crumbs(page) == ["sentiment-api", "model"], crumbs(page))
    page.locator(".cell.group", has_text="model.safetensors").first.click(position={"x": 40, "y": 8})
    check("and further", crumbs(page) == ["sentiment-api", "model", "model.safetensors"], crumbs(page))
    page.locator(".crumbs button").first.click()
    check("the way back", crumbs(page) == ["sentiment-api"], crumbs(page))
    check("focus is where one came from", focused(page) == "model", focused(page))


def keyboard(page):
    for key, name in [("ArrowLeft", "torch"), ("ArrowDown", "lib"), ("ArrowRight", "model"), ("ArrowLeft", "torch")]:
        page.keyboard.press(key)
        check(key, focused(page) == name, focused(page))
    check("what is focused is told", page.locator("#treemap > .info").inner_text().startswith("torch · package"))
    for key, path in [
        ("Enter", ["sentiment-api", "torch"]),
        ("Enter", ["sentiment-api", "torch", "lib"]),
        ("Escape", ["sentiment-api", "torch"]),
        ("Home", ["sentiment-api"]),
    ]:
        page.keyboard.press(key)
        check(key, crumbs(page) == path, crumbs(page))


def pointer(page):
    frame = page.locator(".map").bounding_box()
    page.mouse.move(frame["x"] + 300, frame["y"] + 200)
    tip = page.locator(".tip").inner_text()
    check("a tip with bytes and share", "1,240,000,000 B" in tip and "42 % of all" in tip, tip)


def areas(page):
    """Cells have areas in proportion to their bytes, as far as pixels go."""
    page.locator("#treemap .link", has_text="model").first.click()
    page.locator("#treemap .link", has_text="model.safetensors").first.click()
    cells = page.evaluate(
        "cells.map((c) => [c.node.bytes, c.w * c.h, c.x >= -.01 && c.x + c.w <= map.clientWidth + .01 && c.y >= -.01"
        " && c.y + c.h <= map.clientHeight + .01])"
    )
    whole = sum(item[1] for item in cells)
    total = sum(item[0] for item in cells)
    check("areas", len(cells) > 30 and all(abs(a / whole - n / total) < 1e-6 for n, a, _ in cells))
    check("inside", all(item[2] for item in cells))
    page.locator(".crumbs button").first.click()


def tables(page):
    table = page.locator("section[aria-labelledby=s3-title] table")
    column = lambda number: table.locator(f"tbody tr td:nth-child({number})").all_inner_texts()
    table.locator("th button").nth(2).click()
    largest = ["2.41 GB", "64 MB", "51.2 MB", "29.1 MB", "9.8 MB", "179 KB"]
    check("sizes sort, the largest first", column(3) == largest, column(3))
    check("aria-sort", table.locator("th").nth(2).get_attribute("aria-sort") == "descending")
    table.locator("th button").nth(2).click()
    check("and the other way", column(3) == largest[::-1], column(3))
    table.locator("th button").nth(0).click()
    check("names sort", column(1) == sorted(column(1)), column(1))
    page.locator(".copy").first.click()
    page.locator(".copy", has_text="Copied").first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    check("a command is copied", copied.startswith("pack slim model --target lambda"), copied)


def looks(browser, address, folder):
    for width, height in [(390, 844), (1440, 900)]:
        for scheme in ["light", "dark"]:
            size = {"width": width, "height": height}
            page = browser.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            page.goto(address)
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            check(f"nothing is wider than {width}", over <= 0, over)
            if folder:
                page.screenshot(path=str(pathlib.Path(folder) / f"page-{width}-{scheme}.png"), full_page=True)
            page.close()


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 64
    address = pathlib.Path(arguments[0]).resolve().as_uri()
    with sync_playwright() as playwright:
        program = os.environ.get("PACK_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
        )
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        for part in (zoom, keyboard, pointer, areas, tables):
            part(page)
        check("no errors", not said, said)
        check("nothing is fetched", asked == [address], asked)
        context.close()
        still = browser.new_context(java_script_enabled=False).new_page()
        still.goto(address)
        check("a table without the script", still.locator("noscript table tr").count() > 10)
        looks(browser, address, arguments[1] if len(arguments) > 1 else None)
        browser.close()
    return finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
