"""Fonts: which file on this machine can write Chinese, and how a line of mixed text is broken.

Belongs here: finding the font that goes into a PDF, breaking lines. Does not: drawing (report_pdf). No font is shipped:
Debian's and others' are found where systems keep them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import pick

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts"), Path("~/.local/share/fonts"))
#: Files with simplified Chinese, best first; each with its bold sister, if it has one.
KNOWN = (
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"),
    ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"),
    ("SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf"),
    ("SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf"),
    ("wqy-microhei.ttc", ""),
    ("DroidSansFallbackFull.ttf", ""),
)
#: The member of a collection whose glyphs have the mainland's forms.
SIMPLIFIED = re.compile(r"\bSC\b|WenQuanYi Micro Hei$")
#: A run of letters and digits holds together; everything else may be parted from its neighbour, but for these.
PIECE = re.compile(r"\s+|[!-~À-ʯ−–…€≥≤±×]+|.", re.DOTALL)
NOT_FIRST = frozenset("，。、；：！？）》〉】」』”’·…—%％,.;:!?)]}")
NOT_LAST = frozenset("（《〈【「『“‘([{")


@dataclass(frozen=True, slots=True)
class Font:
    """A font file, and which member of it where it is a collection; `bold` is the regular one where there is no other."""

    regular: Path
    bold: Path
    member: int = 0


def find_font(chosen: Path | None = None, folders: Sequence[Path] = FOLDERS) -> Font:
    """The font that a PDF is written in.

    Args:
        chosen: a file to use instead of looking.
        folders: where to look.

    Raises:
        ConfigurationError: none is there; the remedy names the package.
    """
    if chosen is not None and not chosen.is_file():
        raise ConfigurationError(
            pick("there is no such font file", "没有这个字体文件"), where=str(chosen),
            remedy=pick("name a TTF, OTF or TTC file with Chinese", "请指定含中文的 TTF、OTF 或 TTC 文件"),
        )  # fmt: skip
    if chosen is not None:
        return Font(chosen, chosen, _member(chosen))
    there = {path.name: path for folder in reversed(folders) for path in folder.expanduser().rglob("*") if path.is_file()}
    for regular, bold in KNOWN:
        if regular in there:
            return Font(there[regular], there.get(bold, there[regular]), _member(there[regular]))
    raise ConfigurationError(
        pick("no font with Chinese was found, so no PDF can be written", "未找到中文字体，无法生成 PDF"),
        where=", ".join(map(str, folders)),
        remedy=pick("apt-get install fonts-noto-cjk, or name a font file with --font",
                    "apt-get install fonts-noto-cjk，或用 --font 指定字体文件"),
    )  # fmt: skip


def _member(path: Path) -> int:
    if path.suffix.lower() != ".ttc":
        return 0
    from fontTools.ttLib import TTCollection  # type: ignore[import-untyped]

    with TTCollection(path, lazy=True) as fonts:
        names = [str(font["name"].getDebugName(4)) for font in fonts]
    return next((number for number, name in enumerate(names) if SIMPLIFIED.search(name)), 0)


def lines_of(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """`text` in lines no wider than `width`: words and numbers stay whole, no line begins with a closing mark.

    Args:
        text: line ends in it are kept.
        width: in the unit of `measure`.
        measure: the width of a text.
    """
    return [line for paragraph in text.split("\n") for line in _broken(paragraph, width, measure)]


def _broken(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    line = ""
    for piece in _pieces(text, width, measure):
        if line and measure((line + piece).rstrip()) > width:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    yield line.rstrip()


def _pieces(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    held = ""
    for piece in PIECE.findall(text):
        if held and (piece[0] in NOT_FIRST or held[-1] in NOT_LAST):
            held += piece
            continue
        yield from _fitting(held, width, measure)
        held = piece
    yield from _fitting(held, width, measure)


def _fitting(piece: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    """A piece, parted only where it is wider than a whole line."""
    while len(piece) > 1 and measure(piece) > width:
        most = next((n for n in range(len(piece) - 1, 0, -1) if measure(piece[:n]) <= width), 1)
        yield piece[:most]
        piece = piece[most:]
    if piece:
        yield piece
