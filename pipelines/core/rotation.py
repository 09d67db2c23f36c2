"""Rotation of the master key, with an overlap in which the old one still reads.

Belongs here: the order of the steps, what must hold before the old key may go. Does not: wrapping (vault_keys), data keys
themselves, which stay as they are: a data key that became known is left by shredding its month.

A kill leaves every data key wrapped by one of the two master keys, and both are at hand until `retire`. One process at a
time: two that each made a new key would leave data keys under one that is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.core import decisions, disk, faults, vault_keys
from pipelines.core.decided import Signed
from pipelines.core.decisions import Decision
from pipelines.core.errors import UsageError
from pipelines.core.installation import Installation
from pipelines.core.settings import Home, pick
from pipelines.core.vault_keys import KeyRing, key_id, master_keys


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many data keys were wrapped anew, the id of the key that now wraps all, and what comes next."""

    wrapped: int
    current: str
    next_step: str


@contextlib.contextmanager
def _alone(home: Home) -> Iterator[None]:
    """The master keys are changed by nobody else within the block; another process waits for its turn."""
    disk.make_folder(home.keys)
    folder = os.open(home.keys, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def rotate(place: Installation, signed: Signed) -> Rotated:
    """Begin a rotation, or go on with one, until the new master key wraps every data key.

    Raises UsageError where nothing is to be done, and without a name and a reason; VaultError where the environment names no
    old key and some data key needs one.
    """
    with _alone(place.home):
        return _rotate(place, signed)


def _rotate(place: Installation, signed: Signed) -> Rotated:
    masters = master_keys(place.home, place.settings, level=place.city.level)
    is_known = masters.older is not None or not place.settings.master_key
    if not is_known and not KeyRing(place.home, masters).stale():
        raise UsageError(
            pick("every data key is wrapped by this master key already", "所有密钥均已由现行主密钥加密"),
            where="CITYBRAIN_MASTER_KEY",
            remedy=pick("set it to a new key and CITYBRAIN_MASTER_KEY_OLD to this one",
                        "将其设为新密钥，旧密钥放入 CITYBRAIN_MASTER_KEY_OLD"),
        )  # fmt: skip
    KeyRing(place.home, masters).check()  # before anything is decided or changed
    _sign(place, signed, "begun")
    faults.hit("after_decision")
    masters = vault_keys.next_master(place.home, place.settings, masters)
    faults.hit("after_new_key")
    n = KeyRing(place.home, masters).rewrap()
    if place.settings.master_key:
        told = pick("start every process anew, run citybrain rotate-key again (one that went on may have made a key under the "
                    "old master key), then unset CITYBRAIN_MASTER_KEY_OLD",
                    "请重启所有进程，再次运行 citybrain rotate-key（未重启的进程可能用旧主密钥新建了密钥），"
                    "然后取消 CITYBRAIN_MASTER_KEY_OLD")  # fmt: skip
    else:
        told = pick("citybrain rotate-key --retire destroys the old key file once every process was started anew",
                    "所有进程重启后，用 citybrain rotate-key --retire 销毁旧密钥文件")  # fmt: skip
    return Rotated(n, key_id(masters.current).hex(), told)


def retire(place: Installation, signed: Signed) -> Rotated:
    """End the overlap of a home with key files. Raises UsageError where there is none."""
    with _alone(place.home):
        return _retire(place, signed)


def _retire(place: Installation, signed: Signed) -> Rotated:
    masters = master_keys(place.home, place.settings, level=place.city.level)
    old = place.home.keys / vault_keys.OLDER
    if place.settings.master_key or not old.exists() or masters.older == masters.current:
        raise UsageError(
            pick("no old key file is to be retired", "没有待停用的旧密钥文件"), where=str(old),
            remedy=pick("citybrain rotate-key begins a rotation; a key of the environment is retired by unsetting it",
                        "citybrain rotate-key 开始轮换；环境变量中的密钥取消设置即可"),
        )  # fmt: skip
    KeyRing(place.home, masters).check()
    _sign(place, signed, "retired")
    n = KeyRing(place.home, masters).rewrap()  # a process that still had the old key may have made one
    vault_keys.shred_file(old)
    return Rotated(n, key_id(masters.current).hex(), "")


def _sign(place: Installation, signed: Signed, what: str) -> None:
    content = {"feed": "*", "name": what}
    decisions.enter(place.home, Decision("rotate_key", what, content, signed.reason, signed.by, signed.at, signed.at.date()))
