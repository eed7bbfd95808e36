"""docs/reference/components.md: every component, from the manifests and components/<name>/README.md."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from penstock.core.errors import Findings
from penstock.docs.component_readme import NAME, Readme, read
from penstock.docs.components import Component, components
from penstock.platform import environments
from penstock.platform.layout import Layout

_HEAD = """\
# Components

<!-- written by inv reference from manifests/ and components/*/README.md: change it there -->

What every component is for, what it runs, what it may do beyond an ordinary pod, and where its data lives.

- A workload without a row under "Privileges" runs as a non-root user without capabilities, on a read-only root file
  system, and has no access to its node.
- **after** is the order that Flux keeps (`dependsOn`). A component waits by itself for what it **needs** at run time.
- **applied as** is the account that Flux uses for the component ([what Flux may do](../security.md#what-flux-may-do)).
- The content of buckets and Secrets is set per environment: `objectStorage.*` in `environments/`. In production the
  buckets are S3's, and EKS Pod Identity replaces `object-storage-credentials`.
- The claims of a StatefulSet outlive it until someone deletes them; Grafana's is an object of its component and is
  deleted with it. What happens to the volume then is up to its class ([storage-class](#storage-class)).

| component | purpose | versions | environments | claims | privileged |
|---|---|---|---|---|---|
"""


def page(layout: Layout) -> str:
    """Return the page; raises Findings for a privilege without a reason, or a reason without a privilege."""
    found = components(layout)
    readmes = {name: read(layout.components / name) for name in found}
    findings = [line for name in found for line in _unexplained(name, found[name], readmes[name])]
    if findings:
        raise Findings(findings, "give each privilege its reason in the table `Privileges`, and no other")
    every = environments.names(layout)
    rows = [_summary(name, component, readmes[name], every) for name, component in found.items()]
    return _HEAD + "".join(rows) + "".join(_section(name, found[name], readmes[name], every) for name in found)


def _unexplained(name: str, component: Component, readme: Readme) -> Iterable[str]:
    shown = f"components/{name}/{NAME}"
    explained = {(workload, each) for workload, may, _ in readme.privileges for each in may}
    actual = {(workload, each) for workload, may in component.privileges.items() for each in may}
    yield from (f"{shown}: `{workload}` has `{each}`, and no reason" for workload, each in sorted(actual - explained))
    yield from (f"{shown}: `{workload}` doesn't have `{each}`" for workload, each in sorted(explained - actual))
    yield from (f"{shown}: `{workload}` is not restricted" for workload in sorted(component.unrestricted))


def _summary(name: str, component: Component, readme: Readme, every: list[str]) -> str:
    cells = [
        f"[{name}](#{name})",
        readme.summary.rstrip("."),
        _ticked(component.versions),
        _where(component.environments, every),
        _ticked({claim for claim, _, _ in component.claims}),
        _ticked(component.privileges),
    ]
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|\n"


def _section(name: str, component: Component, readme: Readme, every: list[str]) -> str:
    rows = {
        "images": _ticked(component.artifacts),
        "workloads": "; ".join(_workload(*each, component) for each in sorted(component.workloads)),
        "ports": "; ".join(f"{of}: {_ports(ports)}" for of, ports in sorted(component.ports.items()) if ports),
        "claims": "; ".join(_claims(component, every)),
        "data": readme.data,
        "needs": readme.needs,
        "environments": _where(component.environments, every),
        "applied as": _applied(component),
        "after": _ticked(component.after),
    }
    lines = [f"\n## {name}", f"{readme.summary} [More](../../components/{name}/{NAME})", "", "| | |", "|---|---|"]
    lines += [f"| {key} | {text} |" for key, text in rows.items() if text]
    if readme.privileges:
        lines += ["", f"### Privileges of {name}", "", "| workload | may | because |", "|---|---|---|"]
        lines += [
            f"| `{workload}` | {', '.join(map(_word, may))} | {why} |" for workload, may, why in readme.privileges
        ]
    return "\n".join(lines) + "\n"


def _workload(kind: str, name: str, component: Component) -> str:
    counts = [f"{count} in {where}" for workload, count, where in sorted(component.replicas) if workload == name]
    return ", ".join([f"{kind} `{name}`", *counts])


def _ports(ports: set[tuple[int, str]]) -> str:
    return ", ".join(f"{port} {name}".strip() for port, name in sorted(ports))


def _claims(component: Component, every: list[str]) -> Iterable[str]:
    for claim, group in groupby(sorted(component.claims), key=lambda each: each[0]):
        sizes: dict[str, set[str]] = {}
        for _, size, where in group:
            sizes.setdefault(size, set()).add(where)
        shown = [
            size if where == component.environments else f"{size} ({_where(where, every)})"
            for size, where in sorted(sizes.items(), key=lambda each: min(map(every.index, each[1])))
        ]
        yield f"`{claim}` {', '.join(shown)}"


def _applied(component: Component) -> str:
    if component.account:
        return f"`{component.account}`"
    if component.cluster_kinds:
        return f"Flux itself: it has cluster-scoped objects ({', '.join(sorted(component.cluster_kinds))})"
    return f"Flux itself: it has objects in {_ticked(component.namespaces)}"


def _where(found: set[str], every: list[str]) -> str:
    return "all" if found == set(every) else ", ".join(name for name in every if name in found)


def _word(may: str) -> str:
    path, bracket, rest = may.partition(" (")
    return f"`{path}`{bracket}{rest}" if may.startswith("/") or may.isupper() else may


def _ticked(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))
