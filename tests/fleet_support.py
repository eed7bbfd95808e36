"""A fleet: the good platform with an abstract environment, and two that extend it, one of them in a folder."""

from __future__ import annotations

from support import Platform

NAMES = ["local", "north", "north-coast"]


def make_fleet(platform: Platform) -> Platform:
    """Lay the fleet over the good platform: cold (abstract) ← north ← north-coast, and local beside them."""
    listed = "".join(f"  {name}: {{}}\n" for name in NAMES)
    platform.replace("helmfile.yaml", "  local: {}\n", listed)
    platform.write(
        "environments/cold.yaml", "# What all of the north shares.\nabstract: true\n\nwho: winter\nwear: {hat: 1}\n"
    )
    platform.write("environments/north.yaml", "extends: cold\n\ncluster:\n  name: north\nwear: {gloves: 2}\n")
    platform.write("environments/north/coast.yaml", "extends: north\ncluster:\n  name: coast\nwho: wind\n")
    platform.write("components/spaces/kustomize/overlays/cold/kustomization.yaml", "resources: [../../base]\n")
    return platform
