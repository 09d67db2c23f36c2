"""Commands on the vault's keys: shred, retention, rotate-key.

Belongs here: options, printing, exit codes. Does not: destroying, dropping, wrapping (core.shredding, retention, vault_keys).
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipelines.cli import show
from pipelines.cli.morning import HomeOption, settled
from pipelines.core.settings import pick

ByOption = Annotated[str, typer.Option("--by", help="who decides")]
ReasonOption = Annotated[str, typer.Option("--reason", help="why; kept with the decision")]
SHOWN = 5


def _say(en: str, zh: str) -> None:
    show.console.print(pick(en, zh), markup=False)


def _tell(cost: Any) -> None:
    """What nobody could read any more, line by line."""
    for one in cost.locked:
        room, feed, month = one.place
        _say(f"{room}/{feed}/{month}: {len(one.paths)} objects, {one.size_bytes:,} bytes",
             f"{room}/{feed}/{month}：{len(one.paths)} 个对象，{one.size_bytes:,} 字节")  # fmt: skip
    if cost.files:
        _say(f"{cost.files} files as received: they cannot be read anew (reparse, mended rows); their rows and counts stay",
             f"{cost.files} 个原始文件：无法再重新解析或更正；已入库的行与计数不变")  # fmt: skip
    if cost.tickets:
        _say(f"{cost.tickets} rows still open on the work list: only a new export of the bureau can mend them",
             f"{cost.tickets} 行仍在待更正清单上：此后只能由报送单位重新报送")  # fmt: skip
    for names, en, zh in (
        (cost.unread, "lost whole, none of its rows was ever loaded", "将全部失去，从未入库"),
        (cost.in_clear, "still lies in the drop folder in clear: delete it there", "仍以明文留在投递目录：请自行删除"),
    ):
        for name in names[:SHOWN]:
            _say(f"{name}: {en}", f"{name}：{zh}")
        if len(names) > SHOWN:
            _say(f"… and {len(names) - SHOWN} more", f"…另有 {len(names) - SHOWN} 个")


def shred(
    feed: Annotated[str, typer.Option("--feed", help="the feed")],
    month: Annotated[str, typer.Option("--month", help="the month in which it was received, 2026-06")],
    by: ByOption = "", reason: ReasonOption = "", home: HomeOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without it nothing is changed")] = False,
) -> None:  # fmt: skip
    """Destroy the keys of a feed's month, for ever; without --yes only say what goes. / 永久销毁某来源某月的密钥。"""
    from pipelines.core import shredding
    from pipelines.core.decided import Signed

    place = settled(home)
    doomed = shredding.keys_of(place, feed, shredding.month_meant(month))
    open_keys = [key for key in doomed if not place.vault.keys.stone(key)]
    if not open_keys:
        shredding.sweep(place, doomed)
        _say(f"{feed} {month}: the vault holds nothing of it", f"{feed} {month}：保险库中没有相应内容")
        return
    _tell(shredding.cost_of(place, open_keys))
    if not yes:
        _say("nothing was changed; --yes with --by and --reason does it, and nothing brings it back",
             "未作改动；加 --yes、--by、--reason 执行，执行后不可恢复")  # fmt: skip
        return
    n = shredding.shred(place, doomed, Signed(by, reason, place.now()), name=month, feed=feed)
    _say(f"shredded: {len(open_keys)} keys, {n} objects", f"已销毁：{len(open_keys)} 个密钥，{n} 个对象")
    _say("copies of the keys folder, if you made any, still hold the keys: destroy them too",
         "如另有密钥目录的副本，其中仍有这些密钥：请一并销毁")  # fmt: skip


def retention(
    by: ByOption = "", reason: ReasonOption = "", home: HomeOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="do it; without it nothing is changed")] = False,
    with_open: Annotated[bool, typer.Option("--with-open", help="also what belongs to rows still open on the work list")] = False,
) -> None:  # fmt: skip
    """Drop what the vault kept longer than its feed's days; without --apply only say what. / 按保存期限清除。"""
    from pipelines.core import retention as over
    from pipelines.core.decided import Signed

    place = settled(home)
    found = over.overdue(place, now=place.now(), with_open=with_open)
    _say(f"over their time: {len(found.paths)} objects of {found.files} files; {len(found.keys)} months are shredded with them",
         f"超过保存期限：{found.files} 个文件的 {len(found.paths)} 个对象；其中 {len(found.keys)} 个月份将销毁密钥")  # fmt: skip
    if found.waiting:
        told = (
            ("go as well", "一并清除")
            if with_open
            else ("are kept: --with-open drops them too", "予以保留：--with-open 一并清除")
        )
        _say(f"{found.tickets} rows still open on the work list are in {len(found.waiting)} of such files, which {told[0]}",
             f"其中 {len(found.waiting)} 个文件有 {found.tickets} 行仍在待更正清单上，{told[1]}")  # fmt: skip
    if not apply:
        _say("nothing was changed; --apply with --by and --reason does it", "未作改动；加 --apply、--by、--reason 执行")
    elif found.paths or found.keys:
        over.apply(place, found, Signed(by, reason, place.now()))
        _say(f"dropped: {len(found.paths)} objects; rows and counts stay", f"已清除 {len(found.paths)} 个对象；数据行与计数不变")


def rotate_key(
    by: ByOption = "", reason: ReasonOption = "", home: HomeOption = None,
    retire: Annotated[bool, typer.Option("--retire", help="end the overlap: destroy the home's old key file")] = False,
) -> None:  # fmt: skip
    """Wrap all data keys by the new master key; the old one still reads until it is retired. / 轮换主密钥。"""
    from pipelines.core import rotation
    from pipelines.core.decided import Signed

    place = settled(home)
    signed = Signed(by, reason, place.now())
    told = rotation.retire(place, signed) if retire else rotation.rotate(place, signed)
    _say(f"{told.wrapped} keys wrapped anew by master key {told.current}", f"{told.wrapped} 个密钥改由主密钥 {told.current} 加密")
    if told.next_step:
        show.console.print(told.next_step, markup=False)


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("shred")(shred)
    app.command("retention")(retention)
    app.command("rotate-key")(rotate_key)
