"""Work goes on side by side, and ends together: after an error, and after Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.interrupts import uninterrupted
from penstock.core.side_by_side import side_by_side, stop_if_told

LATE = PenstockError("late", "try again")


def test_results_come_in_the_order_of_the_items() -> None:
    both = threading.Barrier(2)

    def work(number: int) -> int:
        both.wait(10)  # breaks unless two of them are worked on at a time
        return number * 10

    assert list(side_by_side(work, [3, 1, 2, 4], 2)) == [30, 10, 20, 40]


@pytest.mark.parametrize("count", [0, 1])
def test_one_at_a_time_is_worked_on_in_the_main_thread(count: int) -> None:
    found = side_by_side(lambda _: threading.current_thread(), [1, 2], count)
    assert set(found) == {threading.main_thread()}


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C interrupts, although whoever runs the tests in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (lambda: (_ for _ in ()).throw(PenstockError("no cluster", "try again")), PenstockError),
        (lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT), KeyboardInterrupt),
    ],
    ids=["an error", "Ctrl-C"],
)
def test_others_stop_waiting_and_clean_up(failure: Callable[[], object], raised: type[BaseException]) -> None:
    waiting, cleaned = threading.Event(), []

    def work(name: str) -> str:
        if name == "fails":
            waiting.wait(10)
            failure()
        try:
            until(lambda: waiting.set(), 60, Step(""), "what never comes", lambda: LATE)
        finally:
            cleaned.append(name)
        return name

    with pytest.raises(raised):
        list(side_by_side(work, ["fails", "waits"], 2))
    assert "waits" in cleaned
    stop_if_told()  # the next run isn't told to stop


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupt_while_work_is_handed_out_stops_all(monkeypatch: pytest.MonkeyPatch) -> None:
    submit, stopped = ThreadPoolExecutor.submit, []

    def interrupted(pool: ThreadPoolExecutor, work: Callable[[str], None], name: str) -> Future[None]:
        future = submit(pool, work, name)
        if name == "second":
            signal.raise_signal(signal.SIGINT)
        return future

    def work(name: str) -> None:
        try:
            until(lambda: None, 5, Step(""), "what never comes", lambda: LATE)
        except KeyboardInterrupt:
            stopped.append(name)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(work, ["first", "second"], 2))
    assert sorted(stopped) == ["first", "second"]


def test_a_thread_may_start_processes_uninterrupted() -> None:
    def work(number: int) -> int:
        with uninterrupted():
            return number

    assert list(side_by_side(work, [1, 2], 2)) == [1, 2]


def test_steps_are_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    with console.labelled("k3d"), console.step("1 cluster") as step:
        step.note("the API server")
    with console.step("2 Flux"):
        pass
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[1 if "✓" in line else 2].partition(" (")[0] for line in lines] == [
        "k3d: 1 cluster: the API server",
        "✓ k3d: 1 cluster",
        "✓ 2 Flux",
    ]
