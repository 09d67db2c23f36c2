"""Files that went wrong on their way, each from a seed: what was done to it, its bytes, and what may become of it.

Twenty-odd families of damage; of each the seed draws where and how much. Everything is told by the mutant itself, so that the
test need not ask the reader that it tests.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

import openpyxl

from tests.integration.many_homes import HEADER, row, text_of

#: Where readers of CSV are known to go wrong: the first record, and either side of DuckDB's sample of 2,048 lines.
PLACES = (1, 100, 2046, 2047, 3000)
CUT, LONG = 3050, 20 << 20
LOADED, HELD = {"loaded"}, {"held"}
EITHER = LOADED | HELD


@dataclass(frozen=True)
class Mutant:
    """One file. `refused`: records that must be set aside, by number; `encoding`: that which it is to be read in, if told."""

    family: str
    feed: str
    data: bytes
    verdicts: set[str] = field(default_factory=lambda: EITHER)
    encoding: str = ""
    refused: frozenset[int] = frozenset()
    says: str = ""


Chance = random.Random
Family = Callable[[Chance], Mutant]


def _rows(chance: Chance, least: int = 3) -> list[list[str]]:
    return [row(n, day=chance.randint(1, 20)) for n in range(chance.randint(least, 24))]


def _bom(chance: Chance) -> Mutant:
    marks = chance.choice([("\ufeff", "utf-8"), ("\ufeff", "utf-16-le"), ("\ufeff", "utf-16-be")])
    told = {"utf-8": "utf-8-sig"}.get(marks[1], "utf-16")
    return Mutant("bom", "keyed", (marks[0] + text_of(_rows(chance))).encode(marks[1]), LOADED, told)


def _two_boms(chance: Chance) -> Mutant:
    return Mutant("two_boms", "keyed", ("\ufeff\ufeff" + text_of(_rows(chance))).encode(), EITHER)


def _gb18030(chance: Chance) -> Mutant:
    rows = _rows(chance)
    rows[0][4] = chance.choice(["𠮷野家", "㐀", "龘", "彁", "€", "井盖"])
    return Mutant("gb18030", "keyed", text_of(rows).encode("gb18030"), LOADED, "gb18030")


def _mixed_newlines(chance: Chance) -> Mutant:
    lines = text_of(_rows(chance), end="\n").splitlines()
    return Mutant(
        "mixed_newlines", "keyed", "".join(line + chance.choice(["\n", "\r\n", "\r", "\n\n"]) for line in lines).encode(), LOADED
    )


def _insert(chance: Chance, text: str, crumb: str) -> str:
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text))
        text = text[:at] + crumb + text[at:]
    return text


def _stray_quotes(chance: Chance) -> Mutant:
    return Mutant("stray_quotes", "keyed", _insert(chance, text_of(_rows(chance)), '"').encode())


def _open_quote(chance: Chance) -> Mutant:
    rows = _rows(chance)
    number, cell = chance.randrange(len(rows)), chance.randrange(len(HEADER))
    lines = text_of(rows).split("\r\n")
    cells = lines[number + 1].split(",")
    cells[cell] = '"' + cells[cell]
    lines[number + 1] = ",".join(cells)
    return Mutant("open_quote", "keyed", "\r\n".join(lines).encode(), HELD, says="is never closed")


def _nul(chance: Chance) -> Mutant:
    return Mutant("nul", "keyed", _insert(chance, text_of(_rows(chance)), "\x00").encode())


def _comma(chance: Chance) -> Mutant:
    """One cell too many or too few in one record of a file of three thousand."""
    rows = [row(n) for n in range(1, CUT + 1)]
    place = chance.choice(PLACES)
    rows[place - 1] = [*rows[place - 1], ""] if chance.random() < 0.5 else rows[place - 1][:-1]
    end = chance.choice(["\n", "\r\n"])
    encoding = chance.choice(["utf-8", "gb18030"])
    return Mutant("comma", "keyed", text_of(rows, end=end).encode(encoding), LOADED, encoding, frozenset({place}))


def _long_line(chance: Chance) -> Mutant:
    rows = _rows(chance)
    rows[-1][7] = chance.choice(["甲", "x ", "1,"]) * (LONG // 6)
    return Mutant("long_line", "keyed", text_of(rows).encode(), LOADED, "utf-8")


def _half(chance: Chance) -> Mutant:
    data = text_of(_rows(chance)).encode(chance.choice(["utf-8", "gb18030"]))
    return Mutant("half", "keyed", data[: chance.randint(1, len(data) - 1)])


def _header_only(chance: Chance) -> Mutant:
    """Without a line end it may be a file that was cut off, if the file before had one: then it is held, and says so."""
    end = chance.choice(["", "\n", "\r\n", "\n\n\n"])
    text = ",".join(HEADER) + end
    return Mutant("header_only", "keyed", text.encode(), LOADED if end else EITHER, "utf-8", says="no record" if end else "")


def _empty(chance: Chance) -> Mutant:
    return Mutant("empty", "keyed", chance.choice([b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b" "]), HELD)


def _columns_swapped(chance: Chance) -> Mutant:
    """Columns in another order, with their data: nothing is lost by it."""
    order = chance.sample(range(len(HEADER)), len(HEADER))
    rows = [[cells[at] for at in order] for cells in _rows(chance)]
    return Mutant("columns_swapped", "keyed", text_of(rows, header=[HEADER[at] for at in order]).encode(), LOADED, "utf-8")


def _headers_swapped(chance: Chance) -> Mutant:
    """The number under the time's header and the time under the number's: no row of it is a case."""
    rows = _rows(chance)
    header = [HEADER[1], HEADER[0], *HEADER[2:]]
    return Mutant(
        "headers_swapped", "keyed", text_of(rows, header=header).encode(), EITHER, refused=frozenset(range(1, len(rows) + 1))
    )


def _year_3020(chance: Chance) -> Mutant:
    rows = _rows(chance)
    number = chance.randrange(len(rows))
    rows[number][chance.choice([1, 8])] = chance.choice(["3020-06-01 07:00:00", "3020年6月1日", "3020/6/1 8:05"])
    return Mutant("year_3020", "keyed", text_of(rows).encode(), LOADED, "utf-8", frozenset({number + 1}))


def _formula(chance: Chance) -> Mutant:
    rows = _rows(chance)
    for _ in range(3):
        chance.choice(rows)[chance.randrange(len(HEADER))] = chance.choice(
            ["=CMD()", "=cmd|' /C calc'!A0", "@SUM(1+1)", '=HYPERLINK("x")', "+1-1"]
        )
    return Mutant("formula", "keyed", text_of(rows).encode(), LOADED, "utf-8")


def _odd_values(chance: Chance) -> Mutant:
    rows = _rows(chance)
    for _ in range(4):
        cell, value = chance.choice(
            [
                (1, "44776"),
                (1, "２０２６－０６－０１"),
                (1, "二〇二六年六月一日"),
                (3, "9.90101E+05"),
                (0, "无"),
                (0, "A\u200b1"),
                (8, "٢٠٢٦-٠٦-٠١"),
                (2, "1e400"),
                (4, "\u2028"),
            ]
        )
        chance.choice(rows)[cell] = value
    return Mutant("odd_values", "keyed", text_of(rows).encode(), LOADED, "utf-8")


def _flipped(chance: Chance) -> Mutant:
    data = bytearray(text_of(_rows(chance)).encode(chance.choice(["utf-8", "gb18030"])))
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return Mutant("flipped", "keyed", bytes(data))


def _undecodable(chance: Chance) -> Mutant:
    data = text_of(_rows(chance)).encode(chance.choice(["utf-8", "gb18030"]))
    at = data.index(b"\n", chance.randrange(len(data) // 2)) + 1
    return Mutant("undecodable", "keyed", data[:at] + b"\xff\xff" + data[at:], HELD, says="first at byte")


def _header_changed(chance: Chance) -> Mutant:
    header, at = list(HEADER), chance.randrange(len(HEADER))
    verdicts = HELD if at in (0, 1) else LOADED
    header[at] = chance.choice(["结案日期", "", "新列", "任务 编号", HEADER[(at + 1) % len(HEADER)] + "2"])
    return Mutant("header_changed", "keyed", text_of(_rows(chance), header=header).encode(), verdicts)


def _header_twice(chance: Chance) -> Mutant:
    at = chance.randrange(len(HEADER))
    rows = [[*cells, cells[at]] for cells in _rows(chance)]
    return Mutant("header_twice", "keyed", text_of(rows, header=[*HEADER, HEADER[at]]).encode(), EITHER)


def _delimiter(chance: Chance) -> Mutant:
    return Mutant("delimiter", "keyed", text_of(_rows(chance)).replace(",", chance.choice(";\t|")).encode(), HELD)


def _other_kind(chance: Chance) -> Mutant:
    data = chance.choice(
        [
            _workbook(_rows(chance)),
            b"%PDF-1.7\n",
            b"<html><table><tr><td>x</table>",
            b"PAR1xxxx",
            bytes(chance.randrange(256) for _ in range(300)),
        ]
    )
    return Mutant("other_kind", "keyed", data, HELD)


def _gzip(chance: Chance) -> Mutant:
    data = bytearray(gzip.compress(text_of(_rows(chance)).encode(), mtime=0))
    if chance.random() < 0.5:
        return Mutant("gzip", "keyed", bytes(data[: chance.randint(3, len(data) - 1)]), HELD)
    data[chance.randint(10, len(data) - 9)] ^= 1 << chance.randrange(8)
    return Mutant("gzip", "keyed", bytes(data), HELD)


def _workbook(rows: list[list[str]], header: list[str] = HEADER) -> bytes:
    book = openpyxl.Workbook()
    for cells in [header, *rows]:
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xlsx(chance: Chance) -> Mutant:
    rows = _rows(chance)
    kind = chance.randrange(5)
    if kind == 0:
        number = chance.randrange(len(rows))
        rows[number][1] = "3020-06-01 07:00:00"
        return Mutant("xlsx", "sheet", _workbook(rows), LOADED, refused=frozenset({number + 1}))
    if kind == 1:
        return Mutant("xlsx", "sheet", _workbook([]), LOADED, says="no record")
    if kind == 2:
        return Mutant("xlsx", "sheet", _workbook([*rows, ["合计", str(len(rows) + 1)]]), HELD, says="the footer says")
    if kind == 3:
        return Mutant("xlsx", "sheet", _workbook(rows, [name + "x" for name in HEADER]), HELD)
    data = bytearray(_workbook(rows))
    if chance.random() < 0.5:
        return Mutant("xlsx", "sheet", bytes(data[: chance.randint(4, len(data) - 30)]), HELD)
    data[chance.randrange(4, len(data))] ^= 1 << chance.randrange(8)
    return Mutant("xlsx", "sheet", bytes(data))


def _xlsx_inside(chance: Chance) -> Mutant:
    """A workbook that is a sound ZIP, with damage in the XML of its sheet or of its texts."""
    out, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(_workbook(_rows(chance))))
    name = chance.choice(["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"])
    with zipfile.ZipFile(out, "w") as sink:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == name:
                at = chance.randrange(len(data))
                data = (
                    data[:at]
                    if chance.random() < 0.5
                    else data[:at] + chance.choice([b"<", b"\x00", b"&", b'"', b"</row>"]) + data[at:]
                )
            sink.writestr(info.filename, data)
    return Mutant("xlsx_inside", "sheet", out.getvalue())


def _lines(chance: Chance) -> Mutant:
    rows = _rows(chance)
    lines = [json.dumps(dict(zip(HEADER, cells, strict=True)), ensure_ascii=False) for cells in rows]
    number, kind = chance.randrange(len(lines)), chance.randrange(6)
    refused: frozenset[int] = frozenset({number + 1})
    if kind == 0:
        broken = [
            "{",
            "null",
            '{"a": NaN}',
            '{"任务号": 1, "任务号": 2}',
            "{" * 3000,
            '"\\ud800"',
            "\x00",
            *(["[]"] if number else []),
        ]
        lines[number] = chance.choice(broken)
    elif kind == 1:
        lines[number] = lines[number].replace("2026-", "3020-", 1)
    elif kind == 2:
        lines[number], refused = "", frozenset()
    elif kind == 3:
        data = "\n".join(lines).encode()
        return Mutant("lines", "lines", data[: chance.randint(1, len(data) - 2)])
    elif kind == 4:
        return Mutant("lines", "lines", ("[" + ",".join(lines) + "]").encode()[: -chance.randint(1, 9)], HELD)
    else:
        data = bytearray("\n".join(lines).encode())
        data[chance.randrange(len(data))] = chance.randrange(256)
        return Mutant("lines", "lines", bytes(data))
    ends = chance.choice(["\n", "\r\n"])
    return Mutant("lines", "lines", ends.join([*lines, ""]).encode(), LOADED, refused=refused)


FAMILIES: tuple[Family, ...] = (
    _bom, _gb18030, _mixed_newlines, _stray_quotes, _nul, _comma, _half, _header_only, _columns_swapped, _year_3020, _formula,
    _two_boms, _open_quote, _empty, _headers_swapped, _odd_values, _flipped, _undecodable, _header_changed, _header_twice,
    _delimiter, _other_kind, _gzip, _xlsx, _xlsx_inside, _lines,
)  # fmt: skip
#: Every so many files one of 20 MB.
RARELY = 400


def mutant(seed: int) -> Mutant:
    """The mutant of a seed, always the same."""
    if seed % RARELY == RARELY - 1:
        return _long_line(Chance(seed))
    return FAMILIES[seed % len(FAMILIES)](Chance(seed))
