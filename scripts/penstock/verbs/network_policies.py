"""inv network-policies: generate components/network-policies from the dataflow contract and the manifests."""

from __future__ import annotations

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.hydrate.selection import Selection
from penstock.platform import dataflow, environments
from penstock.platform.layout import find_platform
from penstock.platform.rendered import rendered
from penstock.policies import contract as network
from penstock.policies import generate, sources
from penstock.verbs.hydrate import hydrate


def network_policies() -> None:
    """Hydrate, generate the policies of every environment from the result, and hydrate those.

    Raises PenstockError if the platform has no connections.yaml.
    """
    layout = find_platform()
    connections = network.read(layout.root)
    if connections is None:
        raise PenstockError(f"{network.FILE} does not exist", "docs/reference/files.md has its keys")
    found = dataflow.read(layout.root)
    hydrate(Selection(), [], as_json=False)
    every = [rendered(layout, name) for name in environments.names(layout)]
    changed = sources.write(layout, sources.generate(found, connections, every))
    for path in changed:
        console.info(f"  ~ {path}")
    if changed:
        hydrate(Selection(), [generate.COMPONENT], as_json=False)
    console.good(
        f"components/{generate.COMPONENT}: {len(changed) or 'no'} file{'' if len(changed) == 1 else 's'} changed"
    )
