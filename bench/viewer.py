"""One light reader of the boards: a session that speaks the server's own protocol, without a browser.

What belongs here: opening a page, looking for a new build as an open page does, what stands on the page now. What does not:
how many readers there are and what is asked of them (boards, and the tests that read while builds are published).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from dashboards.kit.words import LANGUAGES, Words

#: What a reader sees when a board could not be made.
BROKEN = tuple(Words(language)("guard.error").encode(form) for language in LANGUAGES for form in ("utf-8", "unicode_escape"))


def _rerun(page: str, params: dict[str, str], *, fragment: str = "") -> bytes:
    message = BackMsg()
    state = message.rerun_script
    state.query_string, state.page_name = urlencode(params), page
    state.fragment_id = fragment
    return bytes(message.SerializeToString())


@dataclass(slots=True)
class Viewer:
    """A session of one reader.

    Attributes:
        markup: what stands on the page, by its place.
        again: the parts of the page that want to be run again, and how often, in seconds.
        made: is told each time that the whole page was made.
        broken: how many messages said that a board could not be made.
        begun: when the page that stands there began to be made, in seconds of the clock.
        kinds: the kinds of its elements, in the order in which they came.
    """

    port: int
    made: Callable[[Viewer], None] = lambda _: None
    markup: dict[tuple[int, ...], str] = field(default_factory=dict)
    again: dict[str, float] = field(default_factory=dict)
    broken: int = 0
    begun: float = 0.0
    kinds: list[str] = field(default_factory=list)
    _page: str = ""
    _params: dict[str, str] = field(default_factory=dict)
    _socket: ClientConnection | None = None

    async def __aenter__(self) -> Viewer:
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        self._socket = await connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        await self._connected.close()

    @property
    def _connected(self) -> ClientConnection:
        assert self._socket is not None, "a viewer is opened by `async with`"
        return self._socket

    @property
    def text(self) -> str:
        """All markup of the page, in the order in which it stands there."""
        return "\n".join(markup for _, markup in sorted(self.markup.items()))

    async def open(self, page: str, params: dict[str, str]) -> None:
        """Ask for a page and wait until it is made."""
        self._page, self._params = page, params
        await self._connected.send(_rerun(page, params))
        await self._answered()

    async def look(self) -> None:
        """Look for a new build, as an open page does; where there is one, wait until the page is made of it."""
        await self._connected.send(_rerun(self._page, self._params, fragment=next(iter(self.again))))
        await self._answered()

    async def stay(self, seconds: float) -> None:
        """Leave the page open for so long: it looks for a new build as often as it was told to."""
        until = time.monotonic() + seconds
        while self.again and time.monotonic() + min(self.again.values()) < until:
            await asyncio.sleep(min(self.again.values()))
            await self.look()
        await asyncio.sleep(max(0.0, until - time.monotonic()))

    async def _answered(self) -> None:
        is_whole = False
        while True:
            raw = await self._connected.recv()
            assert isinstance(raw, bytes)
            self.broken += any(text in raw for text in BROKEN)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                is_whole = not message.metadata.run.fragment_ids
                if is_whole:
                    self.begun = time.time()
                    self.markup.clear()
                    self.again.clear()
                    self.kinds.clear()
            elif kind == "delta":
                element = message.delta.new_element
                self.kinds.append(element.WhichOneof("type") or "")
                if self.kinds[-1] == "bidi_component":
                    shown = json.loads(element.bidi_component.json)
                    self.markup[tuple(message.metadata.delta_path)] = str(shown["html"])
                    if "look" in shown:
                        self.again[message.delta.fragment_id] = float(shown["look"])
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                if is_whole:
                    self.made(self)
                return
