"""The pictures of the README and of boards.md, taken from running boards.

Belongs here: which views are photographed, in both languages, the moving picture figure -> cases -> source record, and
boards.md, the page that shows them with each board's question. Does not: the boards. Needs Debian's chromium and
fonts-noto-cjk, and the demo's home, of which one picture needs a copy with a second build (a minute more):

    citybrain demo --no-serve --home DIR && python docs/make_pictures.py --home DIR
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dashboards import serve  # noqa: E402 - the project is found by its place, installed or not
from dashboards.kit.menu import BOARDS  # noqa: E402
from dashboards.kit.words import LANGUAGES, Words  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1400, 1000
#: Colours of a saved picture: boards use few, and a palette keeps files small.
COLOURS = 128
MOVING_WIDTH = 1000
#: The largest a picture may be, so that a clone stays small.
LARGEST_BYTES = 1_500_000
Views = Mapping[str, tuple[Mapping[str, str], int]]
#: board: (parameters, height of the window).
VIEWS = {
    "overview": ({}, 1180),
    "trends": ({}, HEIGHT),
    "areas": ({"figure": "M16"}, 1180),
    "departments": ({"figure": "M16"}, HEIGHT),
    "risk": ({}, 1180),
    "petitions": ({}, HEIGHT),
    "urban": ({}, HEIGHT),
    "courts": ({}, HEIGHT),
    "public_safety": ({}, HEIGHT),
    "hazards": ({}, HEIGHT),
    "disputes": ({}, HEIGHT),
    "data_quality": ({}, 1180),
    "explain": ({"id": "M16/{district}/ytd"}, 1180),
    "can_be_true": ({"id": "M16/{district}/ytd", "value": "72.5", "of": "98"}, HEIGHT),
    "returned": ({}, HEIGHT),
}
#: What is photographed in a copy of the home, where one file was taken back and the city built again: the demo has one build.
VIEWS_OF_TWO_BUILDS = {"why_changed": ({"id": "M16/{district}/ytd"}, 1180)}
TAKEN_BACK = "urban_case_20260531_235959.csv"
GALLERY = ROOT / "docs" / "boards.md"


def free_port() -> int:
    """A port nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def boards(home: Path) -> Iterator[str]:
    """Serve the boards of `home`; gives their address."""
    port = free_port()
    process = subprocess.Popen(
        serve.command(port, home), env={**os.environ, **serve.environment(home)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def settle(page: Page) -> None:
    """Wait until the board is whole."""
    page.wait_for_selector(".footer", timeout=90_000)
    page.wait_for_function("() => !document.querySelector('[data-stale=\"true\"]')", timeout=90_000)
    page.wait_for_timeout(900)


def save(image: Image.Image, path: Path) -> None:
    """Save with a small palette; refuse a file that is too large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LARGEST_BYTES:
        raise SystemExit(f"{path}: {path.stat().st_size} bytes; at most {LARGEST_BYTES}")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB")


def shot(page: Page) -> Image.Image:
    """What the window shows."""
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


@contextmanager
def second_build(home: Path) -> Iterator[Path]:
    """A copy of `home` in which one file was taken back and the city built again."""
    citybrain = Path(sys.executable).with_name("citybrain")
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(home, Path(folder) / "home", symlinks=True)
        why = ["--by", "pictures", "--reason", "to show what follows"]
        subprocess.run([citybrain, "retract", TAKEN_BACK, *why, "--home", copy], check=True)
        subprocess.run([citybrain, "build", "--home", copy], check=True)
        yield copy


def photograph(page: Page, address: str, views: Views, language: str, district: str) -> None:
    """The still pictures in one language."""
    for name, (parameters, height) in views.items():
        page.set_viewport_size({"width": WIDTH, "height": height})
        chosen = {"lang": language} | {key: value.format(district=district) for key, value in parameters.items()}
        page.goto(f"{address}/{BOARDS[name].removeprefix('.')}?{urlencode(chosen)}")
        settle(page)
        save(shot(page), PICTURES / f"{name}.{language}.png")


def gallery() -> None:
    """Write boards.md: each board, its question, its picture."""
    zh, en = Words("zh"), Words("en")
    lines = [
        "# The boards 看板", "",
        "Each board answers one question. Pictures of the demo's synthetic city; made, like this page, by `make pictures`.",
        f"That of {en('board.why_changed')} is of a copy in which one file was taken back: the demo has one build.",
        "每块看板回答一个问题。图为演示用合成城市，本页与图均由 `make pictures` 生成。",
        f"“{zh('board.why_changed')}”一图取自撤回一个文件后的副本：演示只有一个版本。", "",
    ]  # fmt: skip
    for name in BOARDS:
        said = zh(f"title.{name}", area="全市"), en(f"title.{name}", area="the city")
        lines += [f"## {zh(f'board.{name}')} {en(f'board.{name}')}", "", f"{said[0]} {said[1]}", ""]
        if name in VIEWS | VIEWS_OF_TWO_BUILDS:
            lines += [f"![{said[0]}](pictures/{name}.zh.png)", "", f"![{said[1]}](pictures/{name}.en.png)", ""]
    GALLERY.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")
    print(GALLERY.relative_to(ROOT))


def first_district(page: Page, address: str) -> str:
    """The code of the first area below the city, read off the page."""
    page.goto(f"{address}/?lang=en")
    settle(page)
    href = page.locator("table a[href*='area=']").first.get_attribute("href") or ""
    return href.split("area=")[1].split("&")[0]


class Film:
    """Frames with the pointer drawn in, so that a reader sees what is clicked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[tuple[Image.Image, int]] = []

    def hold(self, milliseconds: int, target: Any = None) -> None:
        """What is seen now, for so long; with `target`, the pointer on it."""
        frame = shot(self.page)
        box = target.bounding_box() if target is not None else None
        if box:
            x, y = box["x"] + min(box["width"] / 2, 90), box["y"] + box["height"] / 2
            draw = ImageDraw.Draw(frame)
            draw.ellipse((x - 16, y - 16, x + 16, y + 16), outline=(213, 94, 0), width=4)
        size = (MOVING_WIDTH, round(frame.height * MOVING_WIDTH / frame.width))
        self.frames.append((frame.resize(size, Image.Resampling.LANCZOS), milliseconds))

    def click(self, target: Any) -> None:
        """Show the pointer on `target`, click, wait until the page has followed."""
        target.scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)
        self.hold(1300, target)
        target.click()
        self.page.wait_for_timeout(400)
        settle(self.page)

    def save(self, path: Path) -> None:
        """One palette for all frames, looped for ever."""
        width, height = self.frames[0][0].size
        strip = Image.new("RGB", (width, height * len(self.frames)))
        for number, (frame, _) in enumerate(self.frames):
            strip.paste(frame, (0, number * height))
        palette = strip.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)
        frames = [frame.quantize(COLOURS, palette=palette, dither=Image.Dither.NONE) for frame, _ in self.frames]
        frames[0].save(
            path, save_all=True, append_images=frames[1:], duration=[time for _, time in self.frames], loop=0, optimize=True
        )
        if path.stat().st_size > LARGEST_BYTES:
            raise SystemExit(f"{path}: {path.stat().st_size} bytes; at most {LARGEST_BYTES}")
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB")


def film(page: Page, address: str) -> None:
    """Figure -> cases -> source record."""
    page.set_viewport_size({"width": WIDTH, "height": 860})
    page.goto(f"{address}/?lang=en")
    settle(page)
    made = Film(page)
    made.hold(1800)
    made.click(page.locator("a.card[href$='figure=M10']"))
    made.hold(1800)
    table = page.locator("table a[href*='case=']").nth(2)
    page.get_by_role("heading", name="The cases behind it").evaluate("node => node.scrollIntoView()")
    page.wait_for_timeout(400)
    made.hold(1800)
    made.click(table)
    made.hold(4200)
    made.save(PICTURES / "figure_to_source.gif")


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / "data" / "home" / "demo", help="a home with a published build")
    home = parser.parse_args().home.resolve()
    if not (home / "published" / "CURRENT.json").exists():
        raise SystemExit(f"nothing is published in {home}: citybrain demo --no-serve --home {home}")
    if not any((home / "source").rglob(TAKEN_BACK)):
        raise SystemExit(f"{home} holds no {TAKEN_BACK}: the pictures are of the demo's home")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        with boards(home) as address:
            district = first_district(page, address)
            for language in LANGUAGES:
                photograph(page, address, VIEWS, language, district)
            film(page, address)
        with second_build(home) as copy, boards(copy) as address:
            for language in LANGUAGES:
                photograph(page, address, VIEWS_OF_TWO_BUILDS, language, district)
        browser.close()
    gallery()


if __name__ == "__main__":
    main()
