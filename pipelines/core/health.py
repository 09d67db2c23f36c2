"""Health of the machine: what citybrain needs of it, found out without a network and without a home.

Belongs here: Python, packages, memory, disks, clocks, fonts. Does not: what a home holds (health_home), printing (cli).
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import zoneinfo
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from packaging.markers import Marker

from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import PROJECT_ROOT, Settings, pick

LOCK = PROJECT_ROOT / "requirements.lock"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)
SIZE = re.compile(r"([\d.]+)\s*([KMGT]i?B|B)", re.IGNORECASE)
PYTHONS = ((3, 11), (3, 14))
LEAST_FREE = 2 << 30
#: Beside DuckDB's own: Polars, Arrow and Python while a file is read.
BESIDE = 1 << 30
SEARCHED_SECONDS = 10
#: Which field of a line of mountinfo is the place it is mounted at (proc(5)).
MOUNT_POINT = 4

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. told: what was found; remedy: what to do, empty where nothing is to be done."""

    name: str
    state: State
    told: str
    remedy: str = ""


def python_version() -> Finding:
    """The interpreter, against those the project is tested with."""
    now = sys.version_info[:2]
    told = ".".join(map(str, sys.version_info[:3]))
    if PYTHONS[0] <= now < PYTHONS[1]:
        return Finding("Python", "ok", told)
    return Finding("Python", "problem", told, pick("make env with PYTHON=python3.11", "用 PYTHON=python3.11 重新 make env"))


def packages(lock: Path = LOCK) -> Finding:
    """Installed versions against the lock."""
    name = pick("packages", "软件包")
    if not lock.exists():
        return Finding(name, "note", pick("no lock beside the program: not compared", "程序旁没有锁定文件：未比较"))
    wrong, counted = [], 0
    for package, wanted, marker in PINNED.findall(lock.read_text(encoding="utf-8")):
        if marker and not Marker(marker).evaluate():
            continue
        counted += 1
        try:
            found = version(package)
        except PackageNotFoundError:
            found = pick("missing", "缺失")
        if found != wanted:
            wrong.append(f"{package} {found} ({wanted})")
    if not counted:
        return Finding(name, "problem", pick("the lock names no package", "锁定文件未列出软件包"), "make env")
    if wrong:
        told = pick(f"{len(wrong)} of {counted} differ: ", f"{counted} 个中 {len(wrong)} 个不符：") + ", ".join(wrong[:5])
        return Finding(name, "problem", told, "make env")
    return Finding(name, "ok", pick(f"{counted} as locked", f"{counted} 个与锁定一致"))


def size_of(text: str) -> int | None:
    """Bytes of a size such as 4GB; None if it is none."""
    match = SIZE.fullmatch(text.strip())
    if not match:
        return None
    unit = match[2].upper()
    base = 1024 if "I" in unit else 1000
    return int(float(match[1]) * base ** "BKMGT".index(unit[0]))


def total_memory() -> int | None:
    """Bytes this process may have: the machine's, or its control group's if that is less; None if it cannot be told."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text(encoding="ascii").strip()
        except OSError:
            continue
        return min(whole, int(text)) if text.isdecimal() else whole
    return whole


def memory(settings: Settings, total: int | None) -> Finding:
    """Whether DuckDB's limit and what runs beside it fit into memory."""
    name, limit = pick("memory", "内存"), size_of(settings.memory_limit)
    if limit is None:
        remedy = pick("such as CITYBRAIN_MEMORY_LIMIT=4GB", "例如 CITYBRAIN_MEMORY_LIMIT=4GB")
        return Finding(name, "problem", f"CITYBRAIN_MEMORY_LIMIT={settings.memory_limit}", remedy)
    if total is None:
        return Finding(name, "note", pick("cannot tell how much there is", "无法得知内存大小"))
    told = pick(
        f"{total / 1e9:.1f} GB, {settings.memory_limit} for DuckDB", f"{total / 1e9:.1f} GB，DuckDB 用 {settings.memory_limit}"
    )
    if limit + BESIDE > total:
        less = max(1, int((total - BESIDE) / 1e9))
        remedy = pick(f"set CITYBRAIN_MEMORY_LIMIT={less}GB, or add memory", f"设 CITYBRAIN_MEMORY_LIMIT={less}GB 或增加内存")
        return Finding(name, "problem", told, remedy)
    return Finding(name, "ok", told)


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def free_space(place: Path, needed: int = LEAST_FREE) -> Finding:
    """Free bytes on the disk of a home that may not be there yet."""
    name = pick("free space", "剩余空间")
    free = shutil.disk_usage(existing(place)).free
    told = pick(f"{free / 1e9:.1f} GB under {place}", f"{place} 下 {free / 1e9:.1f} GB")
    if free < needed:
        remedy = pick(f"free {needed / 1e9:.1f} GB, or another --home", f"腾出 {needed / 1e9:.1f} GB，或换 --home")
        return Finding(name, "problem", told, remedy)
    return Finding(name, "ok", told)


def _mount_of(place: Path, mounts: str) -> tuple[str, str, str]:
    """Kind, source and device number (major:minor) of the file system that holds a path, by the text of mountinfo."""
    best: tuple[int, tuple[str, str, str]] = (-1, ("", "", ""))
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, told = left.split(), right.split()
        if len(fields) > MOUNT_POINT and len(told) > 1:
            point = Path(fields[MOUNT_POINT].replace("\\040", " "))
            if place.is_relative_to(point) and len(point.parts) >= best[0]:
                best = (len(point.parts), (told[0], told[1], fields[2]))
    return best[1]


def is_encrypted(place: Path, *, mounts: str | None = None, system: Path = Path("/sys/dev/block")) -> bool | None:
    """Whether the disk under a path is encrypted, as far as Linux tells; None where it does not.

    dm-crypt (LUKS) names itself; so do encrypting file systems. A disk that a hypervisor or a storage box encrypts looks plain.
    """
    try:
        text = Path("/proc/self/mountinfo").read_text(encoding="utf-8") if mounts is None else mounts
    except OSError:
        return None
    kind, source, number = _mount_of(existing(place).resolve(), text)
    if kind in ("ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs"):
        return True
    device = system / number
    if not source.startswith("/dev/") or not device.exists():
        return None
    return _crypts(device)


def _crypts(device: Path) -> bool:
    """The device, or all that it rests on, is a dm-crypt mapping."""
    identity = device / "dm" / "uuid"
    if identity.exists() and identity.read_text(encoding="ascii").startswith("CRYPT-"):
        return True
    below = list((device / "slaves").glob("*")) if (device / "slaves").is_dir() else []
    return bool(below) and all(_crypts(one.resolve()) for one in below)


def disk(place: Path, *, is_production: bool, encrypted: bool | None) -> Finding:
    """What is told of encryption. Outside a production city a plain disk is no fault, there it is."""
    name = pick("disk encryption", "磁盘加密")
    if encrypted:
        return Finding(name, "ok", pick("encrypted", "已加密"))
    remedy = pick("LUKS below the home: landing and warehouse hold coordinates and cases in clear",
                  "在状态目录下启用 LUKS：landing 与数仓以明文保存坐标与案件")  # fmt: skip
    if encrypted is None:
        told = pick(f"cannot tell for {place}", f"无法判断 {place}")
        return Finding(name, "note", told, pick("ask whoever runs the machine", "请询问机器管理员"))
    return Finding(name, "problem" if is_production else "note", pick("not encrypted", "未加密"), remedy)


def clock(zone: str) -> Finding:
    """The city's zone, and whether this machine's clock runs by it."""
    name = pick("time zone", "时区")
    try:
        there = dt.datetime.now(zoneinfo.ZoneInfo(zone)).utcoffset()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return Finding(
            name, "problem", pick(f"{zone} is not known here", f"本机不认识 {zone}"), pick("install tzdata", "安装 tzdata")
        )
    here = dt.datetime.now().astimezone().utcoffset()
    if here != there:
        told = pick(f"the city is at {there}, this machine at {here}", f"城市 {there}，本机 {here}")
        return Finding(
            name,
            "note",
            told,
            pick(f"TZ={zone}, so that schedules run by the city's clock", f"设 TZ={zone}，使定时按城市时间运行"),
        )
    return Finding(name, "ok", zone)


def chromium() -> Finding:
    """What only pictures and browser tests need."""
    name = pick("pictures", "截图")
    found = next((p for p in ("chromium", "chromium-browser", "google-chrome") if shutil.which(p)), "")
    if not found:
        return Finding(
            name,
            "note",
            pick("no chromium: only make pictures and browser tests need it", "没有 chromium：仅截图与浏览器测试需要"),
        )
    return Finding(name, "ok", found)


def chinese_font() -> Finding:
    """Whether the machine itself can show Chinese; boards bring their own font."""
    name, listing = pick("Chinese font", "中文字体"), shutil.which("fc-list")
    if listing is None:
        return Finding(name, "note", pick("fontconfig is not here: cannot tell", "没有 fontconfig，无法判断"))
    try:
        done = subprocess.run(
            [listing, ":lang=zh", "family"], capture_output=True, text=True, timeout=SEARCHED_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Finding(name, "note", pick("cannot tell", "无法判断"))
    families = sorted({line.split(",")[0] for line in done.stdout.splitlines() if line})
    if not families:
        return Finding(
            name, "note", pick("none: pictures would show boxes", "没有：截图会出现方块"), "apt-get install fonts-noto-cjk"
        )
    return Finding(name, "ok", families[0])


def machine(settings: Settings, place: Path, *, zone: str, is_production: bool) -> list[Finding]:
    """Everything about the machine; `place` is where the home is or would be."""
    try:
        encrypted = is_encrypted(place)
    except (OSError, ConfigurationError):
        encrypted = None
    return [
        python_version(), packages(), memory(settings, total_memory()), free_space(place),
        disk(place, is_production=is_production, encrypted=encrypted), clock(zone), chinese_font(), chromium(),
    ]  # fmt: skip
