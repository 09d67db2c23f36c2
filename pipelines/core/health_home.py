"""Health of a home: whether its state can be read, written and trusted.

Belongs here: write permission, keys, ledger, the published build, locks and leftovers, what a production city must have. Does
not: the machine (health), recounting (quality.verify), printing (cli). Nothing is changed by looking.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import json
import os
import sqlite3
import stat
from pathlib import Path

from pipelines.core.bindings import City
from pipelines.core.code_tables import undecided_codes
from pipelines.core.errors import CityError, VaultError
from pipelines.core.health import Finding
from pipelines.core.settings import Home, Settings, pick
from pipelines.core.vault_keys import KEY_BYTES, OLDER, KeyRing, master_keys

#: Parts of the published build whose hash is counted anew; the others are only looked for.
HASHED = 5


def permissions(home: Home) -> Finding:
    """Whether this user may write everywhere a run writes."""
    name = pick("write permission", "写权限")
    folders = [
        home.root,
        *(p for p in (home.vault, home.landing, home.warehouse.parent, home.published, home.state, home.reports) if p.exists()),
    ]
    closed = [str(f) for f in folders if not os.access(f, os.W_OK | os.X_OK)]
    if closed:
        return Finding(
            name, "problem", ", ".join(closed), pick("give the folder to the user who runs citybrain", "将目录授权给运行用户")
        )
    return Finding(name, "ok", str(home.root))


def keys(home: Home, settings: Settings, *, is_production: bool) -> list[Finding]:
    """The master key and the modes of key files."""
    name, path = pick("master key", "主密钥"), home.keys / "master.key"
    make = "openssl rand -base64 32"
    found: list[Finding] = []
    text = settings.master_key.encode() if settings.master_key else path.read_bytes() if path.exists() else None
    if text is None:
        state = "problem" if is_production or any((home.vault / "keys").rglob("*.key")) else "note"
        told = (
            pick("none: the vault cannot be opened", "没有主密钥：无法打开保险库")
            if state == "problem"
            else pick("none yet", "尚无")
        )
        return [
            Finding(
                name,
                "problem" if state == "problem" else "note",
                told,
                f"CITYBRAIN_MASTER_KEY ({make})" if state == "problem" else "",
            )
        ]
    try:
        good = len(base64.b64decode(text, validate=False)) == KEY_BYTES
    except binascii.Error:
        good = False
    where = "CITYBRAIN_MASTER_KEY" if settings.master_key else str(path)
    found.append(
        Finding(name, "ok", where) if good else Finding(name, "problem", pick(f"{where} is no key", f"{where} 不是密钥"), make)
    )
    if is_production and path.exists():
        told = pick("the key lies beside what it locks", "密钥与其所加密的数据放在一起")
        found.append(
            Finding(name, "problem", told, pick("keep it elsewhere: CITYBRAIN_MASTER_KEY", "另处保管：CITYBRAIN_MASTER_KEY"))
        )
    if good:
        found += _rotation(home, settings)
    files = [p for p in [*home.keys.glob("*.key"), *(home.vault / "keys").rglob("*.key")] if p.is_file()]
    loose = [p for p in files if stat.S_IMODE(p.stat().st_mode) & 0o077]
    if loose:
        told = pick(f"{len(loose)} key files are open to others: {loose[0]}", f"{len(loose)} 个密钥文件对他人可读：{loose[0]}")
        found.append(Finding(pick("key files", "密钥文件"), "problem", told, f"chmod 600 {loose[0]}"))
    elif files:
        found.append(
            Finding(
                pick("key files", "密钥文件"), "ok", pick(f"{len(files)}, for their owner only", f"{len(files)} 个，仅属主可读")
            )
        )
    return found


def _rotation(home: Home, settings: Settings) -> list[Finding]:
    """A rotation of the master key that is under way: data keys still under the old one, an old key still at hand."""
    name, older = pick("key rotation", "密钥轮换"), home.keys / OLDER
    try:
        masters = master_keys(home, settings, level="doctor")
    except CityError as error:
        return [Finding(name, "problem", f"{error.where}: {error.what}", error.remedy)]
    ring = KeyRing(home, masters)
    try:
        ring.check()
    except VaultError as error:  # made by a process that went on under the old one, which is no longer at hand
        return [Finding(name, "problem", f"{error.where}: {error.what}", error.remedy)]
    waiting = len(ring.stale())
    if masters.older is None:
        return []
    if waiting:
        told = pick(f"{waiting} keys are not under the new master key yet", f"{waiting} 个密钥尚未改由新主密钥加密")
        return [Finding(name, "note", told, "citybrain rotate-key")]
    told = pick("every key is under the new master key; the old one is still at hand", "所有密钥已由新主密钥加密；旧主密钥仍在")
    end = pick("start every process anew, citybrain rotate-key, then unset CITYBRAIN_MASTER_KEY_OLD",
               "重启所有进程，运行 citybrain rotate-key，再取消 CITYBRAIN_MASTER_KEY_OLD")  # fmt: skip
    return [Finding(name, "note", told, "citybrain rotate-key --retire" if older.exists() else end)]


def databases(home: Home) -> list[Finding]:
    """Ledger and decisions, opened for reading and checked by SQLite itself."""
    found = []
    for name, path in ((pick("ledger", "台账"), home.state / "ledger.db"), (pick("decisions", "决定"), home.state / "state.db")):
        if not path.exists():
            found.append(
                Finding(
                    name,
                    "problem",
                    pick(f"{path} is missing", f"缺少 {path}"),
                    pick("bring state/ back from the backup", "从备份恢复 state/"),
                )
            )
            continue
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
            try:
                said = connection.execute("pragma quick_check").fetchone()[0]
            finally:
                connection.close()
        except sqlite3.Error as error:
            said = str(error)
        good = said == "ok"
        remedy = "" if good else pick("bring state/ back from the backup", "从备份恢复 state/")
        found.append(Finding(name, "ok" if good else "problem", str(path) if good else f"{path}: {said}", remedy))
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def published(home: Home) -> Finding:
    """CURRENT.json, the file it names, and its parts: all there, some of them hashed."""
    name, current = pick("published build", "已发布构建"), home.published / "CURRENT.json"
    if not current.exists():
        return Finding(name, "note", pick("nothing was published yet", "尚未发布"), "citybrain run")
    again = pick("citybrain run, or citybrain rollback BUILD", "citybrain run，或 citybrain rollback BUILD")
    try:
        manifest = json.loads(current.read_text(encoding="utf-8"))
        parts = [(home.published / part["path"], str(part["sha256"])) for part in manifest["parts"]]
        file = home.published / manifest["file"]
    except (ValueError, KeyError, TypeError) as error:
        return Finding(name, "problem", pick(f"CURRENT.json cannot be read: {error}", f"CURRENT.json 无法读取：{error}"), again)
    missing = [p for p in [file, *(path for path, _ in parts)] if not p.is_file()]
    if missing:
        told = pick(f"{len(missing)} files are missing: {missing[0]}", f"缺少 {len(missing)} 个文件：{missing[0]}")
        return Finding(name, "problem", told, again)
    step = max(1, len(parts) // HASHED)
    sample = parts[::step][:HASHED]
    wrong = [path for path, wanted in sample if _sha256(path) != wanted]
    if wrong:
        return Finding(name, "problem", pick(f"{wrong[0]} is not what was published", f"{wrong[0]} 与发布时不符"), again)
    told = pick(
        f"{manifest['build']}, {len(parts)} parts, {len(sample)} hashed",
        f"{manifest['build']}，{len(parts)} 个分片，已核 {len(sample)} 个",
    )
    return Finding(name, "ok", told)


def locks(home: Home) -> list[Finding]:
    """Whether a build runs now, and what a killed one left behind."""
    found: list[Finding] = []
    path = home.warehouse.with_name(f"{home.warehouse.name}.lock")
    is_held = False
    if path.exists():
        with path.open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                is_held = True
    told = pick("a build is running", "有构建正在运行") if is_held else pick("no build is running", "没有构建在运行")
    found.append(Finding(pick("lock", "锁"), "note" if is_held else "ok", told))
    left = [] if is_held else [p for folder in (home.spill, home.vault / "tmp") for p in folder.rglob("*") if p.is_file()]
    if left:
        size = sum(p.stat().st_size for p in left)
        said = pick(
            f"{len(left)} files of a run that ended early, {size / 1e6:.0f} MB",
            f"中断的运行留下 {len(left)} 个文件，{size / 1e6:.0f} MB",
        )
        found.append(
            Finding(pick("leftovers", "遗留文件"), "note", said, pick("citybrain run clears them", "citybrain run 会清除"))
        )
    return found


def city(loaded: City) -> list[Finding]:
    """The city folder; for a production city also what it must not have."""
    found = [
        Finding(
            pick("city", "城市"),
            "ok",
            pick(
                f"{loaded.name}, {len(loaded.feeds)} feeds, {loaded.level}",
                f"{loaded.name}，{len(loaded.feeds)} 个数据源，{loaded.level}",
            ),
        )
    ]
    if open_ := sum(undecided_codes(loaded.folder).values()):
        told = pick(f"{open_} codes are undecided (?)", f"{open_} 个代码未定（?）")
        found.append(
            Finding(pick("codes", "代码"), "note", told, pick(f"complete {loaded.folder}/codes", f"填写 {loaded.folder}/codes"))
        )
    if loaded.level != "production":
        return found
    if loaded.as_of is not None:
        told = pick("as_of is fixed: the city stands still", "as_of 已固定：城市时间不走")
        found.append(Finding(pick("city", "城市"), "problem", told, pick("take as_of out of city.yml", "从 city.yml 去掉 as_of")))
    if loaded.synthetic:
        told = pick("synthetic: is set: its data are invented", "设有 synthetic：数据为合成")
        found.append(Finding(pick("city", "城市"), "problem", told, pick("take it out of city.yml", "从 city.yml 去掉")))
    hasty = [b.feed for b in loaded.feeds if b.root != "city" and b.settle_seconds <= 0]
    if hasty:
        told = pick(f"taken without waiting: {', '.join(hasty)}", f"未等待即取：{'、'.join(hasty)}")
        found.append(
            Finding(
                pick("settle", "静置"),
                "problem",
                told,
                pick("settle_seconds: 5, or files half uploaded are read", "设 settle_seconds: 5，以免读到半个文件"),
            )
        )
    return found


def home_state(home: Home, settings: Settings, *, is_production: bool) -> list[Finding]:
    """Everything about a home that has been run."""
    return [
        permissions(home), *keys(home, settings, is_production=is_production), *databases(home), published(home), *locks(home),
    ]  # fmt: skip
