"""Open workbooks that are locked with a password: the package inside the container.

Belongs here: the two ways in which Excel 2007 ("standard") and those after it, WPS too ("agile"), lock an XLSX. Does not:
the container (compound), whose password it is (settings), reading the workbook. Format: [MS-OFFCRYPTO] 2.3.4. The bytes as
received stay locked in the vault; what is opened stays in memory.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

AGILE, STANDARD = (4, 4), ((2, 2), (3, 2), (4, 2))
STANDARD_ROUNDS = 50_000
#: More rounds than anybody sets (Excel: 100,000) would only keep us busy.
MOST_ROUNDS = 10_000_000
SEGMENT = 4096
BLOCK_KEYS = {
    "input": "fea7d2763b4b9e79", "value": "d7aa0f6d3061344e", "key": "146e0be7abacd0d6",
    "seal_key": "5fb2ad010cb9e1f6", "seal": "a0677f02b22c8433",
}  # fmt: skip
_KEY = "{http://schemas.microsoft.com/office/2006/keyEncryptor/password}encryptedKey"
_PART = "{http://schemas.microsoft.com/office/2006/encryption}"


class WrongPassword(ValueError):
    """The password does not open the workbook."""


class UnknownLock(ValueError):
    """The workbook is locked in a way that is not read, or damaged."""


def _decrypted(data: bytes, key: bytes, iv: bytes | None) -> bytes:
    mode = modes.ECB() if iv is None else modes.CBC(iv)  # noqa: S305 - the standard lock is ECB by its definition
    opener = Cipher(algorithms.AES(key), mode).decryptor()
    return opener.update(data[: len(data) // 16 * 16]) + opener.finalize()


class _Lock:
    """Parameters of one element of the agile description."""

    def __init__(self, element: ElementTree.Element) -> None:
        told = element.attrib
        if told["cipherAlgorithm"] != "AES" or told["cipherChaining"] != "ChainingModeCBC":
            raise UnknownLock(f"{told['cipherAlgorithm']} {told['cipherChaining']}")
        self.name = told["hashAlgorithm"].replace("-", "").lower()
        self.salt = base64.b64decode(told["saltValue"])
        self.key_bytes, self.block = int(told["keyBits"]) // 8, int(told["blockSize"])
        self.rounds = int(told.get("spinCount", 0))
        if self.rounds > MOST_ROUNDS or self.name not in hashlib.algorithms_guaranteed:
            raise UnknownLock(f"{self.rounds} rounds of {self.name}")

    def hash(self, data: bytes) -> bytes:
        return hashlib.new(self.name, data).digest()

    def fit(self, data: bytes, size: int) -> bytes:
        return data[:size].ljust(size, b"\x36")

    def iv(self, block: bytes) -> bytes:
        return self.fit(self.hash(self.salt + block) if block else self.salt, self.block)


def _agile(info: bytes, package: bytes, password: str) -> bytes:
    root = ElementTree.fromstring(info)  # noqa: S314 - expat bounds entity expansion by itself
    data, seal, entry = root.find(f"{_PART}keyData"), root.find(f"{_PART}dataIntegrity"), next(root.iter(_KEY), None)
    if data is None or seal is None or entry is None:
        raise UnknownLock("it is not locked with a password")
    lock, own = _Lock(entry), _Lock(data)
    digest = lock.hash(lock.salt + password.encode("utf-16-le"))
    for number in range(lock.rounds):
        digest = lock.hash(struct.pack("<I", number) + digest)

    def told(attribute: str, block: str) -> bytes:
        key = lock.fit(lock.hash(digest + bytes.fromhex(BLOCK_KEYS[block])), lock.key_bytes)
        return _decrypted(base64.b64decode(entry.attrib[attribute]), key, lock.iv(b""))

    size = len(lock.hash(b""))
    asked = told("encryptedVerifierHashInput", "input")[: len(lock.salt)]
    if told("encryptedVerifierHashValue", "value")[:size] != lock.hash(asked):
        raise WrongPassword
    key = told("encryptedKeyValue", "key")[: own.key_bytes]
    marks = {
        name: _decrypted(base64.b64decode(seal.attrib[attribute]), key, own.iv(bytes.fromhex(BLOCK_KEYS[name])))
        for name, attribute in (("seal_key", "encryptedHmacKey"), ("seal", "encryptedHmacValue"))
    }
    size = len(own.hash(b""))
    if hmac.digest(marks["seal_key"][:size], package, own.name) != marks["seal"][:size]:
        raise UnknownLock("its seal does not fit: it was damaged on its way")
    pieces = [package[at : at + SEGMENT] for at in range(8, len(package), SEGMENT)]
    plain = b"".join(_decrypted(piece, key, own.iv(struct.pack("<I", number))) for number, piece in enumerate(pieces))
    return plain[: struct.unpack_from("<Q", package)[0]]


def _standard(info: bytes, package: bytes, password: str) -> bytes:
    header_size = struct.unpack_from("<I", info)[0]
    key_bits = struct.unpack_from("<I", info, 4 + 16)[0]
    at = 4 + header_size
    salt, asked = info[at + 4 : at + 20], info[at + 20 : at + 36]
    expected = info[at + 40 : at + 72]
    digest = hashlib.sha1(salt + password.encode("utf-16-le")).digest()  # noqa: S324 - the format's own
    for number in range(STANDARD_ROUNDS):
        digest = hashlib.sha1(struct.pack("<I", number) + digest).digest()  # noqa: S324
    digest = hashlib.sha1(digest + bytes(4)).digest()  # noqa: S324
    halves = (bytes(a ^ b for a, b in zip(digest.ljust(64, b"\0"), bytes([mark]) * 64, strict=True)) for mark in (0x36, 0x5C))
    key = b"".join(hashlib.sha1(half).digest() for half in halves)[: key_bits // 8]  # noqa: S324
    if _decrypted(expected, key, None)[:20] != hashlib.sha1(_decrypted(asked, key, None)).digest():  # noqa: S324
        raise WrongPassword
    return _decrypted(package[8:], key, None)[: struct.unpack_from("<Q", package)[0]]


def unlocked(parts: dict[str, bytes], password: str) -> bytes:
    """The workbook inside a locked container.

    Raises WrongPassword, and UnknownLock for a lock that is not read and for damage.
    """
    info, package = parts.get("EncryptionInfo", b""), parts["EncryptedPackage"]
    try:
        version = struct.unpack_from("<HH", info)
        if version == AGILE:
            return _agile(info[8:], package, password)
        if version in STANDARD:
            return _standard(info[8:], package, password)
    except (WrongPassword, UnknownLock):
        raise
    except (struct.error, ElementTree.ParseError, KeyError, IndexError, ValueError) as error:  # damage, of base64 and numbers too
        raise UnknownLock(f"its lock cannot be read: {error}") from error
    raise UnknownLock(f"it is locked in form {version}")
