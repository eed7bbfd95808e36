"""The lock: written, read, and refused when it is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.hydrate import lock
from penstock.hydrate.lock import Lock, Locked
from stage_support import component, thing
from support import Platform


def test_a_lock_reads_what_was_written(tmp_path: Path) -> None:
    written = Lock(version=lock.FORMAT, components={"a": component(thing("Namespace", "n"))}, flux={"f": "d"})
    (tmp_path / "penstock.lock").write_bytes(lock.encode(written))
    assert lock.read(tmp_path, "shown") == written


def test_a_lock_is_a_value_a_line_and_sorted() -> None:
    parts = {name: component(thing("Namespace", name)) for name in ("b", "a")}
    text = lock.encode(Lock(version=1, components=parts, flux={})).decode()
    assert text == lock.encode(Lock(version=1, components=dict(reversed(parts.items())), flux={})).decode()
    assert max(line.count(":") for line in text.splitlines()) == 1
    assert text.endswith("}\n")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 3}', '{"version": 3, "extra": 2}'])
def test_a_damaged_lock_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "penstock.lock").write_text(text)
    with pytest.raises(PenstockError, match=r"^shown/penstock.lock is not a lock"):
        lock.read(tmp_path, "shown")


def test_a_lock_of_an_older_format_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "penstock.lock").write_text('{"version": 0}')
    assert lock.read(tmp_path, "shown") == lock.EMPTY
    (tmp_path / "penstock.lock").unlink()
    assert lock.read(tmp_path, "shown") == lock.EMPTY


def test_the_digests_of_a_lock_are_those_of_the_files(good: Platform) -> None:
    from penstock.core.files import file_sha256

    noted = dict(good.lock.flux)
    for name, item in good.lock.components.items():
        noted |= {f"{name}/{file}": locked.sha256 for file, locked in item.files.items()}
    on_disk = {path.relative_to(good.tree).as_posix(): file_sha256(path) for path in good.tree.rglob("*.yaml")}
    assert noted == on_disk


def test_locked_is_one_object() -> None:
    assert component(thing("Pod", "p", "x")).files["pod-p.yaml"] == Locked(
        id="/Pod/x/p", sha256="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    )
