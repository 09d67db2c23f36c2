"""Questions to a build are answered in the order in which they were asked, so many at once."""

from __future__ import annotations

import threading
import time

import pytest

from dashboards.kit.opened import Turns


def _wait_until_waiting(turns: Turns, count: int) -> None:
    until = time.monotonic() + 10
    while turns.waiting < count and time.monotonic() < until:
        time.sleep(0.001)
    assert turns.waiting == count


def test_who_leaves_and_asks_again_goes_behind_those_who_wait() -> None:
    turns, order = Turns(1), list[str]()

    def ask(name: str) -> None:
        with turns:
            order.append(name)

    with turns:
        waiting = []
        for place, name in enumerate(("first", "second", "third"), start=1):
            waiting.append(threading.Thread(target=ask, args=(name,)))
            waiting[-1].start()
            _wait_until_waiting(turns, place)
    ask("again")
    for one in waiting:
        one.join(timeout=10)
    assert order == ["first", "second", "third", "again"]


def test_no_more_at_once_than_it_says_and_all_are_answered() -> None:
    turns, at_once, most, answered = Turns(2), 0, 0, 0
    lock = threading.Lock()

    def ask() -> None:
        nonlocal at_once, most, answered
        for _ in range(50):
            with turns:
                with lock:
                    at_once += 1
                    most = max(most, at_once)
                time.sleep(0)
                with lock:
                    at_once -= 1
                    answered += 1

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join(timeout=30)
    assert (answered, turns.waiting) == (8 * 50, 0)
    assert most <= 2


def test_a_question_that_fails_gives_its_turn_on() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="wrong"), turns:
        raise ValueError("wrong")
    with turns:
        pass
