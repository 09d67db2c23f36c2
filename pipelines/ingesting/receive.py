"""Receiving: the hash of a delivered file, and its bytes into the vault.

Belongs here: what is read of the drop folder. Does not: which files are ready (sources), what becomes of the bytes (ingest).
"""

from __future__ import annotations

import hashlib

from pipelines.core.errors import FileHeld, SourceUnavailable
from pipelines.core.personal_shapes import masked
from pipelines.core.vault import Vault
from pipelines.sources.drop import Candidate

PIECE = 1 << 20


def hashed(candidate: Candidate) -> tuple[Candidate, str]:
    """The candidate with the sha256 of its bytes. Of a member that cannot be read its archive stands in, refused.

    Raises SourceUnavailable if the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with candidate.open() as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
        return candidate, digest.hexdigest()
    except FileHeld as error:
        return hashed(candidate.archive(error))


def keep(candidate: Candidate, vault: Vault, feed: str, sha256: str, *, month: str) -> None:
    """Bytes into the vault, under their hash. Raises SourceUnavailable if they are no longer what was hashed."""
    digest = hashlib.sha256()
    with candidate.open() as source, vault.create("raw", feed, sha256, month=month) as sink:
        while piece := source.read(PIECE):
            digest.update(piece)
            sink.write(piece)
        if digest.hexdigest() != sha256:
            raise SourceUnavailable(
                "the file changed while it was read", where=masked(candidate.place), remedy="run again when it is complete"
            )
