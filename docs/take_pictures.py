"""Takes the pictures of the user guide from a served demonstration: one row of the table below, one picture.

``PYTHONPATH=. python docs/take_pictures.py http://127.0.0.1:8000 [names…]`` beside ``portal demo --serve``; without
names it takes all of them. A page that cannot be opened stops it and is named.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from portal.demonstration.cast import PASSWORD
from tests import browsers

FOLDER = Path(__file__).parent / "图"
WINDOW = {"width": 1200, "height": 720}
LARGEST = 80 * 1024


@dataclass(frozen=True)
class Picture:
    """Who opens which page; ``click`` is a link or button to follow from there, ``show`` what to scroll to."""

    name: str
    account: str
    path: str
    click: str = ""
    show: str = ""


ROW = "main table tbody a"
PICTURES = (
    Picture("首页", "social_affairs.lianluo", "/"),
    Picture("待办", "social_affairs.jingban", "/inbox/"),
    Picture("市场主体", "bangongshi", "/subjects/?q=餐饮", ROW),
    Picture("季度评分", "bangongshi", "/scores/2026Q3"),
    Picture("计分项", "market_regulation.lianluo", "/scores/2026Q3/market_regulation/claim"),
    Picture("推送", "approval.lianluo", "/licensing/pushes/?state=pushed&q=餐饮", ROW),
    Picture("认领与反馈", "market_regulation.jingban", "/licensing/claims/"),
    Picture("季度清单", "social_affairs.lianluo", "/quarter-lists/", ROW),
    Picture("联合惩戒核查", "economy.jingban", "/credit/check", ROW),
    Picture("抽取", "fire.lianluo", "/inspections/draws", ROW),
    Picture("检查和结果", "fire.jiancha1", "/inspections/checks?state=carried_out", ROW),
    Picture("会议纪要", "bangongshi", "/meetings/minutes"),
    Picture("导入", "approval.lianluo", "/exchange/imports/"),
    Picture("账号", "xitong", "/people/"),
)


def sign_in(browser: Browser, address: str, account: str) -> Page:
    """A window in which the person is signed in."""
    context = browser.new_context(viewport=WINDOW, locale="zh-CN", base_url=address)
    page = context.new_page()
    page.goto("/login")
    page.fill("#f-account", account)
    page.fill("#f-password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def take(page: Page, picture: Picture) -> bytes:
    """The page as a palette PNG. Raises RuntimeError when the page is not there."""
    answer = page.goto(picture.path)
    if answer is None or answer.status >= 400:
        raise RuntimeError(f"{picture.name}: {picture.path} answers {answer.status if answer else 'nothing'}")
    # A list may be empty in another demonstration: then the list itself is the picture.
    if picture.click and page.locator(picture.click).count():
        page.locator(picture.click).first.click()
        page.wait_for_load_state()
    if picture.show:
        page.locator(picture.show).first.scroll_into_view_if_needed()
    return palette(page.screenshot(animations="disabled"))


def palette(png: bytes) -> bytes:
    """The same picture in as many colours (64 or fewer) as keep it below ``LARGEST`` bytes."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (64, 32, 16):
        target = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
        if target.tell() <= LARGEST:
            break
    return target.getvalue()


def main(address: str, names: list[str]) -> None:
    """Take the named pictures, or all."""
    unknown = set(names) - {picture.name for picture in PICTURES}
    if unknown:
        raise SystemExit(f"no such picture: {', '.join(sorted(unknown))}")
    with browsers.current_chromium() as browser:
        for picture in PICTURES:
            if names and picture.name not in names:
                continue
            page = sign_in(browser, address, picture.account)
            content = take(page, picture)
            (FOLDER / f"{picture.name}.png").write_bytes(content)
            print(f"{picture.name}.png  {len(content) // 1024} KB")
            page.context.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
