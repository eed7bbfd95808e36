"""The one place that starts programs: how they end, what is said of it, and what is kept quiet."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from penstock.core import process
from penstock.core.process import (
    Command,
    CommandFailed,
    CommandMissing,
    CommandTimedOut,
    Result,
    run,
    serving,
    spawn,
    watch,
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_and_code_are_given() -> None:
    result = run(Command(python("import sys; print('out'); print('err', file=sys.stderr)")))
    assert (result.code, result.text, result.stderr) == (0, "out\n", b"err\n")


def test_stdin_environment_and_folder_are_passed(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read(), os.environ.get('HOME'), os.environ['A'], os.getcwd())"
    result = run(Command(python(code), cwd=tmp_path, env={"A": "b"}, bare=True, stdin=b"in"))
    assert result.text.split() == ["in", "None", "b", str(tmp_path)]


def test_a_failure_is_one_line_with_the_command_as_a_hint() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(Command(["sh", "-c", "echo first >&2; echo the reason >&2; exit 4"]))
    assert caught.value.message == "sh failed (exit 4): the reason"
    assert caught.value.hint == "the command was: sh -c 'echo first >&2; echo the reason >&2; exit 4'"
    assert caught.value.exit_code == 1


def test_a_code_that_the_caller_accepts_is_no_failure() -> None:
    assert run(Command(["sh", "-c", "exit 4"], ok=(0, 4))).code == 4
    with pytest.raises(CommandFailed):
        run(Command(["sh", "-c", "exit 5"], ok=(0, 4)))


@pytest.mark.parametrize("content", [None, b"no program at all"])
def test_a_program_that_cannot_be_started(content: bytes | None, tmp_path: Path) -> None:
    place = tmp_path / "program"
    if content is not None:
        place.write_bytes(content)
        place.chmod(0o755)
    for start in (run, lambda command: watch(command, print)):
        with pytest.raises(CommandMissing) as caught:
            start(Command([place]))
        assert caught.value.message.startswith(f"{place} cannot be started: ")
        assert "inv doctor" in caught.value.hint


# Two processes that don't mind SIGTERM; the second holds the pipe open. The alarm is for when nobody kills them.
STUBBORN = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
signal.alarm(60)
if child == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[1], 'w').write(f'{os.getppid()} {os.getpid()}')
    print('ready', flush=True)
    signal.pause()
signal.pause()
"""
QUICK_TO_END = STUBBORN.replace("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n", "\n", 1)


@pytest.mark.parametrize("code", [STUBBORN, QUICK_TO_END], ids=["stubborn", "only its child is stubborn"])
@pytest.mark.parametrize("watched", [False, True])
def test_a_deadline_ends_the_whole_group(
    code: str, watched: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.2)
    command = Command([*python(code), tmp_path / "pids"], timeout=1.5)
    with pytest.raises(CommandTimedOut, match=r"was still running after 2 s and was ended"):
        watch(command, print) if watched else run(command)
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    left = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, left = psutil.wait_procs(left, timeout=10)
    # The child has lost its parent: where nobody adopts it, it stays behind as a zombie.
    assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []


def test_an_interrupt_ends_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.2)

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt, match="ready"):
        watch(Command([*python(STUBBORN), tmp_path / "pids"]), interrupt)
    first, _ = (tmp_path / "pids").read_text().split()
    assert not psutil.pid_exists(int(first))


def test_lines_arrive_one_by_one_from_both_streams() -> None:
    seen: list[str] = []
    result = watch(Command(["sh", "-c", "echo one; echo two >&2; echo three"]), seen.append)
    assert seen == ["one", "two", "three"]
    assert result.text == "one\ntwo\nthree\n"


def test_a_watched_failure() -> None:
    with pytest.raises(CommandFailed, match=r"sh failed \(exit 3\): why"):
        watch(Command(["sh", "-c", "echo why; exit 3"]), print)


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["p", "--token=abc"], "p --token=***"),
        (["p", "--password", "abc", "rest"], "p --password *** rest"),
        (["p", "AWS_SECRET_ACCESS_KEY=abc"], "p AWS_SECRET_ACCESS_KEY=***"),
        (["p", "--token", "two words", "rest"], "p --token *** rest"),
        (["p", "get", "secret", "name"], "p get secret name"),
        (["p", "a b", "$HOME"], "p 'a b' '$HOME'"),
    ],
)
def test_the_logged_line_can_be_pasted_and_holds_no_secret(argv: list[str], line: str) -> None:
    assert Command(argv).line == line


def test_what_runs_is_logged_for_debugging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="penstock.process"):
        run(Command(["sh", "-c", "exit 0", "--token=abc"]))
    assert caplog.messages[0].startswith("sh -c 'exit 0' --token=***  # exit 0, ")


def test_a_spawned_program_outlives_the_call(tmp_path: Path) -> None:
    pid = spawn(Command(["sh", "-c", "echo $$; exec sleep 600"]), tmp_path / "log")
    try:
        assert os.getpgid(pid) == pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_the_complaint_is_stderr_or_else_stdout() -> None:
    command = Command(["p"])
    assert Result(command, 1, b"out", b"err ", 0).complaint == "err"
    assert Result(command, 1, b" out", b"", 0).complaint == "out"


SERVER = "import os, sys, time; print('starting', flush=True); print('pid', os.getpid(), flush=True); time.sleep(60)"


def pid_of(line: str) -> int | None:
    return int(line.removeprefix("pid ")) if line.startswith("pid ") else None


def test_a_program_serves_for_as_long_as_the_block() -> None:
    with serving(Command(python(SERVER), timeout=30), pid_of) as pid:
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_a_program_ends_with_the_block_whatever_happens_in_it() -> None:
    seen: list[int] = []

    def fail() -> None:
        with serving(Command(python(SERVER), timeout=30), pid_of) as pid:
            seen.append(pid)
            raise KeyError("in the block")

    with pytest.raises(KeyError, match="in the block"):
        fail()
    assert not psutil.pid_exists(seen[0])


def test_a_program_that_ends_before_it_serves() -> None:
    with (
        pytest.raises(CommandFailed, match=r"sh failed \(exit 3\): no such service"),
        serving(Command(["sh", "-c", "echo no such service >&2; exit 3"]), pid_of),
    ):
        pytest.fail("it never served")


def test_a_program_that_never_serves_is_ended_at_its_deadline() -> None:
    with (
        pytest.raises(CommandTimedOut, match="still running after 0 s"),
        serving(Command(python("import time; print('waiting', flush=True); time.sleep(60)"), timeout=0.3), pid_of),
    ):
        pytest.fail("it never served")


def test_a_program_that_prints_its_whole_input_does_not_flood_the_message() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(Command([sys.executable, "-c", "import sys; print('x' * 10**6, file=sys.stderr); sys.exit(1)"]))
    assert len(caught.value.message) < 1100


def test_a_file_can_be_the_programs_stdin(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("content\n")
    command = Command(["cat"], stdin_file=file)
    assert run(command).text == "content\n"
    assert command.line == f"cat <'{file}'"
    with pytest.raises(FileNotFoundError):
        run(Command(["cat"], stdin_file=tmp_path / "missing"))
