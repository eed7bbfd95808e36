"""Adapter for helmfile, the only program that reads helmfiles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.files import plain_folder
from penstock.core.model import Json, decode
from penstock.core.process import Command, CommandFailed, run
from penstock.core.yaml import parse
from penstock.tools.resolver import resolve

SECRETS_REFUSED = "helmfile's `secrets:` would land in Git in clear; declare them in the component's secrets.yaml"
DEPENDENCIES_REFUSED = "helmfile's `dependencies:` would be fetched unseen; put it with its chart into charts/"
HOOKS_REFUSED = "helmfile's `hooks:` would run a command on this machine while hydrating"


def build(helmfile: Path, environment: str, home: Path) -> str:
    """Return the resolved releases of a helmfile and its children with embedded values, one YAML document per file."""
    return _helmfile(helmfile, environment, home, ["build", "--embed-values"])


def template(helmfile: Path, environment: str, home: Path, *options: str) -> str:
    """Render with `helmfile template` and these options, without downloads; returns a YAML stream.

    Tests are included, since helm would otherwise omit a hook that is also a test.
    """
    return _helmfile(helmfile, environment, home, ["template", "--include-crds", "--skip-deps", *options])


class Release(msgspec.Struct, frozen=True):
    """A release in `helmfile list`: `enabled` is its condition; chart and version are as written."""

    name: str
    enabled: bool
    installed: bool
    chart: str
    version: str


def releases(helmfile: Path, environment: str, home: Path) -> list[Release]:
    """Return the releases of a helmfile without reading their charts."""
    text = _helmfile(helmfile, environment, home, ["list", "--skip-charts", "--output", "json"])
    return decode(text, list[Release])


def repositories(helmfile: Path, environment: str, home: Path) -> list[Json]:
    """What a helmfile says of each of its chart repositories."""
    # `build` fetches the charts of the releases that it shows: so it shows none.
    none = ["--selector", "name=-", "--allow-no-matching-release"]
    text = _helmfile(helmfile, environment, home, [*none, "build"])
    found: list[Json] = (parse(text, helmfile) or {}).get("repositories") or []
    return found


@contextmanager
def selection(helmfiles: list[Path], environment: str) -> Iterator[Path]:
    """Yield a temporary helmfile that includes these helmfiles."""
    with plain_folder("penstock-") as folder:
        path = folder / "helmfile.yaml"
        lines = [f"environments: {{{environment}: {{}}}}", "helmfiles:", *(f"- path: {file}" for file in helmfiles)]
        path.write_text("\n".join(lines) + "\n")
        yield path


def environment_of(home: Path) -> dict[str, str]:
    """The environment variables of helmfile: nothing of the user's, which could change a manifest."""
    return {
        "HOME": str(home),
        # It makes and removes a temporary folder for every component.
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PATH": str(resolve("helm").parent),
        "HELMFILE_CACHE_HOME": str(home / "cache"),
        "HELMFILE_DISABLE_INSECURE_FEATURES": "true",
        "HELMFILE_DISABLE_HOOKS": "true",
        "HELMFILE_UPGRADE_NOTICE_DISABLED": "true",
        # For a short-lived process: less garbage collection saves a quarter of the time for half as much memory again.
        "GOGC": "400",
    }


def _helmfile(helmfile: Path, environment: str, home: Path, arguments: list[str]) -> str:
    # Absolute paths for helm and kustomize.
    argv: list[str | Path] = [
        resolve("helmfile"),
        "--file",
        helmfile,
        "--environment",
        environment,
        "--helm-binary",
        resolve("helm"),
        "--no-color",
        "--quiet",
    ]
    if arguments[0] == "template":
        argv += ["--kustomize-binary", resolve("kustomize")]
    try:
        return run(Command([*argv, *arguments], env=environment_of(home), bare=True, cwd=helmfile.parent)).text
    except CommandFailed as failure:
        raise readable(failure.result.complaint) from None


class NotYaml(PenstockError):
    """Raised if a helmfile or values file isn't YAML, possibly only after rendering its templates."""


# helmfile's messages -> Penstock's. `file` is the helmfile, `folder` its folder.
_KNOWN: list[tuple[str, str]] = [
    (
        r'failed to render values files "(?P<values>[^"]+)": .*? template: \w+:(?P<at>\d+(:\d+)?): (?P<fault>.*)',
        "{folder}/{values}:{at}: {fault}",
    ),
    (
        r"error during (?P<base>\S+) parsing: template: \w+:(?P<at>\d+(:\d+)?): (?P<fault>.*)",
        "{file}: {base}:{at}: {fault}",
    ),
    (
        r"reading document at index 1: yaml: .*?line (?P<at>\d+): field (?P<key>\S+) not found",
        "{file}:{at}: unknown key `{key}`",
    ),
    (r"yaml: .*?line (?P<at>\d+): field (?P<key>\S+) not found", "{file}: unknown key `{key}`"),
    (r'values file matching "(?P<values>[^"]+)" does not exist', "{file}: the values file {values} is not there"),
    (r"HELMFILE_DISABLE_HOOKS is active", "{file}: " + HOOKS_REFUSED),
    (r"failed loading environment secrets", "{file}: " + SECRETS_REFUSED),
    (r"failed reading adhoc dependencies", "{file}: " + DEPENDENCIES_REFUSED),
    (r"COMBINED OUTPUT: Error: (?P<fault>.*?)(?: Use --debug flag.*)?$", "{file}: {fault}"),
]
_NOT_YAML: list[tuple[str, str]] = [
    (r"reading document at index 1: yaml: line (?P<at>\d+): (?P<fault>.*)", "{file}:{at}: not YAML: {fault}"),
    (r"reading document at index (?P<number>\d+): yaml: (?P<fault>.*)", "{file}: part {number} is not YAML: {fault}"),
    (
        r"^yaml: (line \d+: )?(?P<fault>.*)",
        "{folder}: its values are not YAML once the templates are filled in: {fault}",
    ),
]


def readable(complaint: str) -> PenstockError:
    """Return the error for what helmfile printed: the actual fault: helmfile wraps an error once per file."""
    kind = PenstockError
    text = " ".join(complaint.split()) or "helmfile failed and printed nothing"
    # A component's helmfile is always components/<name>/<file>.
    steps = re.findall(r"(?:^|[: ])in (/[^:]+): ", text)
    file = "/".join(Path(steps[-1]).parts[-3:]) if steps else "helmfile"
    fault = text.rpartition(f"in {steps[-1]}: ")[2] if steps else text
    for pattern, message in (*_KNOWN, *_NOT_YAML):
        found = re.search(pattern, fault)
        if found:
            kind = NotYaml if (pattern, message) in _NOT_YAML else PenstockError
            named = {key: value or "" for key, value in found.groupdict().items()}
            fault = message.format(file=file, folder=file.rpartition("/")[0], **named)
            break
    else:
        fault = f"{file}: {fault}"
    fault = re.sub(r'executing "stringTemplate" ', "", fault)
    fault = re.sub(r"stringTemplate:(\d+)", r"line \1", fault)
    fault = re.sub(r"HELMFILE_DISABLE_INSECURE_FEATURES .*", "it reaches beyond the component, and is refused", fault)
    return kind(fault, "fix what is named above and run it again")
