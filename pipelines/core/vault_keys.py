"""The vault's keys: one data key per room, feed and month, wrapped by a master key that may change.

Belongs here: where the master key comes from, making, opening, wrapping anew and destroying data keys. Does not: sealing
data (vault), who decides that a key is destroyed and why (shredding, retention), what is told of it (cli).

`vault/keys/<room>/<feed>/<YYYYMM>.key` is 4 bytes of magic, 8 of the master key's id, a nonce of 12 and the sealed key with
`room/feed/month` as associated data; a file of a home of before has nonce and key only. Where a month was shredded, a stone
`<YYYYMM>.shredded` says so for ever: a key that a backup brings back is not used, and what is written to that month later
gets a key of its own, `<YYYYMM>.2`. A workbook about files of several months has one of its own, `<YYYYMM>-<YYYYMM>`,
which is shredded with any month of that span.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.core import disk, faults
from pipelines.core.errors import HomeError, KeyGone, VaultError
from pipelines.core.settings import Home, Settings, pick

KEY_BYTES = 32
MAGIC = b"CBK1"
ID_BYTES = 8
NONCE_BYTES = 12
#: Of homes made before keys had an id.
OLD_FORM_BYTES = NONCE_BYTES + KEY_BYTES + 16
MAKE_ONE = "openssl rand -base64 32"
CURRENT, OLDER = "master.key", "master.old.key"

#: Room, feed, and month (YYYYMM, from the second key of a month on YYYYMM.2; a span of months YYYYMM-YYYYMM).
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The key that wraps, and during a rotation the one before it, which still unwraps."""

    current: bytes
    older: bytes | None = None


def key_id(master: bytes) -> bytes:
    """Eight bytes by which a master key is known, and which tell nothing of it."""
    return hmac.digest(master, b"id of a master key", "sha256")[:ID_BYTES]


def _replace(path: Path, data: bytes) -> None:
    """Another key in the place of one, for its owner only; there whole or not at all."""
    with disk.drafting(path, "key") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(data)


def shred_file(path: Path) -> bool:
    """Overwrite a small file, unlink it and sync its folder; False if there is none."""
    try:
        with path.open("r+b") as stream:
            stream.write(secrets.token_bytes(path.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
    except FileNotFoundError:
        return False
    path.unlink(missing_ok=True)
    disk.sync(path.parent)
    return True


# --- the master key ---------------------------------------------------------------------------------------------------


def _decoded(text: bytes | str, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=False)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise HomeError(pick("the key has not 32 bytes", "密钥不是 32 字节"), where=where, remedy=MAKE_ONE)
    return key


def master_keys(home: Home, settings: Settings, *, level: str) -> MasterKeys:
    """CITYBRAIN_MASTER_KEY (base64) with CITYBRAIN_MASTER_KEY_OLD, else the key files of the home.

    A new demo home makes its own key file; any other without a key raises HomeError, as a key of the wrong length does.
    """
    if settings.master_key:
        older = settings.master_key_old
        return MasterKeys(
            _decoded(settings.master_key, "CITYBRAIN_MASTER_KEY"),
            _decoded(older, "CITYBRAIN_MASTER_KEY_OLD") if older else None,
        )
    path, old = home.keys / CURRENT, home.keys / OLDER
    if not path.exists():
        if level != "demo" or places(home):  # a new one would open nothing that is there
            raise HomeError(
                pick("no master key", "没有主密钥"), where=str(path),
                remedy=pick(f"set CITYBRAIN_MASTER_KEY ({MAKE_ONE}) or write the file",
                            f"设置 CITYBRAIN_MASTER_KEY（{MAKE_ONE}），或写入该文件"),
            )  # fmt: skip
        own_key(home)
    return MasterKeys(_decoded(path.read_bytes(), str(path)), _decoded(old.read_bytes(), str(old)) if old.exists() else None)


def own_key(home: Home) -> None:
    """A key file for a home whose vault is empty, unless there is one."""
    disk.write_once(home.keys / CURRENT, base64.b64encode(secrets.token_bytes(KEY_BYTES)))


def next_master(home: Home, settings: Settings, keys: MasterKeys) -> MasterKeys:
    """The keys of the overlap, when a rotation begins or goes on; from the environment both, else new files of the home.

    Raises VaultError where the key files are no longer those of `keys`: a new key must never take the place of one that the
    caller does not know, under which data keys may lie.
    """
    if settings.master_key:
        return keys
    old = home.keys / OLDER
    if master_keys(home, settings, level="rotation") != keys:
        raise VaultError(
            pick("another process changed the master key meanwhile", "其间另一进程更换了主密钥"), where=str(old),
            remedy="citybrain rotate-key",
        )  # fmt: skip
    if keys.older is None or keys.older == keys.current:  # equal: killed before the new one was written
        _replace(old, base64.b64encode(keys.current))
        faults.hit("between_masters")
        _replace(home.keys / CURRENT, base64.b64encode(secrets.token_bytes(KEY_BYTES)))
    return master_keys(home, settings, level="rotation")


# --- data keys --------------------------------------------------------------------------------------------------------


def first_and_last(month: str) -> tuple[str, str]:
    """The first and the last month (YYYYMM) of what a key locks, from the key's name."""
    first, _, last = month.partition(".")[0].partition("-")
    return first, last or first


def key_path(home: Home, place: Place) -> Path:
    """Where a data key lies."""
    room, feed, month = place
    return home.vault / "keys" / room / feed / f"{month}.key"


def stone_path(home: Home, place: Place) -> Path:
    """Where it is said that a data key was shredded."""
    return key_path(home, place).with_suffix(".shredded")


def places(home: Home) -> list[Place]:
    """Every data key that lies in the home, also one that a backup brought back."""
    found = sorted((home.vault / "keys").glob("*/*/*.key"))
    return [(path.parent.parent.name, path.parent.name, path.name.removesuffix(".key")) for path in found]


def destroy(home: Home, doomed: Iterable[Place], told: str) -> int:
    """Shred data keys, the stone first; returns how many were there. `told` (when, by which decision) goes on the stone."""
    n = 0
    for place in doomed:
        stone = stone_path(home, place)
        if not stone.exists():
            disk.write_once(stone, told.encode())
        n += shred_file(key_path(home, place))
    return n


class KeyRing:
    """The data keys of one home, opened with its master keys."""

    def __init__(self, home: Home, masters: MasterKeys) -> None:
        self._home, self._masters = home, masters
        self._wrap = AESGCM(masters.current)
        every = [masters.current] + ([masters.older] if masters.older else [])
        self._unwrap = {key_id(one): AESGCM(one) for one in every}
        self._open: dict[Place, bytes] = {}
        self._is_proved = False

    def _prove(self) -> None:
        """Refuse to make a key in a home whose other keys the master key does not open."""
        if not self._is_proved:
            other = next((one for one in places(self._home) if not self.stone(one)), None)
            if other is not None:
                self._unwrapped(key_path(self._home, other), other)
            self._is_proved = True

    def month_in_use(self, room: str, feed: str, month: str) -> str:
        """What is written to a month now is sealed under this: the month, or the next key of it where it was shredded."""
        number, named = 1, month
        while stone_path(self._home, (room, feed, named)).exists():
            number += 1
            named = f"{month}.{number}"
        return named

    def stone(self, place: Place) -> str:
        """When and by which decision a key was shredded; empty if it was not."""
        path = stone_path(self._home, place)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def get(self, place: Place, *, create: bool = False) -> bytes:
        """A data key. Raises KeyGone if it was shredded or is missing, VaultError if no master key at hand opens it."""
        if told := self.stone(place):
            raise KeyGone(
                pick(f"what this key locked was shredded ({told})", f"该密钥所加密的内容已销毁（{told}）"),
                where="/".join(place),
                remedy=pick("nobody can read it any more; have the bureau send it again", "已无人能读；请由报送单位重新报送"),
            )
        path = key_path(self._home, place)
        if not path.exists():
            self._open.pop(place, None)
            if not create:
                raise KeyGone(
                    pick("the key of this month was destroyed or is missing", "该月密钥已被销毁或缺失"), where=str(path),
                    remedy=pick("bring vault/keys back from its backup, or have the bureau send the file again",
                                "从备份恢复 vault/keys，或请报送单位重新报送"),
                )  # fmt: skip
            self._prove()
            disk.write_once(path, self._wrapped(AESGCM.generate_key(256), place))
        if place not in self._open:
            self._open[place] = self._unwrapped(path, place)
        return self._open[place]

    def _wrapped(self, key: bytes, place: Place) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return MAGIC + key_id(self._masters.current) + nonce + self._wrap.encrypt(nonce, key, "/".join(place).encode())

    def _unwrapped(self, path: Path, place: Place) -> bytes:
        data = path.read_bytes()
        wrapped_by, sealed = _parted(data)
        for named, cipher in self._unwrap.items():
            if wrapped_by in (b"", named):
                with contextlib.suppress(InvalidTag, ValueError):
                    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], "/".join(place).encode())
        raise VaultError(
            pick("the master key does not open this home", "主密钥打不开该状态目录"), where=str(path),
            remedy=pick("set the right CITYBRAIN_MASTER_KEY; during a rotation also CITYBRAIN_MASTER_KEY_OLD",
                        "设置正确的 CITYBRAIN_MASTER_KEY；轮换期间还需 CITYBRAIN_MASTER_KEY_OLD"),
        )  # fmt: skip

    def stale(self) -> list[Place]:
        """Data keys that the current master key does not wrap yet; keys of before have no id and count as such."""
        mine = key_id(self._masters.current)
        return [one for one in places(self._home) if _parted(key_path(self._home, one).read_bytes())[0] != mine]

    def check(self) -> None:
        """Raises VaultError if some data key is opened by no master key at hand."""
        for place in self.stale():
            if not self.stone(place):
                self._unwrapped(key_path(self._home, place), place)

    def rewrap(self) -> int:
        """Wrap every data key by the current master key; returns how many were not. A kill leaves each under one of both."""
        waiting = [place for place in self.stale() if not self.stone(place)]
        for place in waiting:
            path = key_path(self._home, place)
            _replace(path, self._wrapped(self._unwrapped(path, place), place))
        return len(waiting)


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """The id of the master key that wrapped a data key (empty in the old form), and nonce with sealed key."""
    if data.startswith(MAGIC) and len(data) != OLD_FORM_BYTES:
        return data[len(MAGIC) : len(MAGIC) + ID_BYTES], data[len(MAGIC) + ID_BYTES :]
    return b"", data
