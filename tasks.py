"""The verbs. `inv --list` shows them, `inv VERB --help` explains one.

Each is a function of scripts/penstock/cli with typed parameters, one call long; the work is in scripts/penstock/verbs.
"""

from __future__ import annotations

from invoke.collection import Collection

from penstock.cli import checkout, cluster, manifests, steps
from penstock.cli.verb import verbs

namespace = Collection(*verbs(cluster, steps, manifests, checkout))
