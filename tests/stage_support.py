"""Objects and components as hydrate's stages pass them on."""

from __future__ import annotations

import msgspec

from penstock.hydrate import split
from penstock.hydrate.hooks import Decided
from penstock.hydrate.lock import LockedComponent
from penstock.tools.render import Answer, Defined, Object


def thing(kind: str, name: str, namespace: str = "", api: str = "v1", **more: object) -> Object:
    """An object as the renderer gives it."""
    return msgspec.convert(
        {
            "apiVersion": api,
            "objectKind": kind,
            "namespace": namespace,
            "name": name,
            "text": "x",
            "source": "s",
            **more,
        },
        Object,
        from_attributes=True,
    )


def component(*objects: Object, depends_on: tuple[str, ...] = ()) -> LockedComponent:
    """A component of these objects."""
    answer = Answer(kind="component", component="c", environment="local", digest="d", depends_on=list(depends_on))
    return split.split("i", answer, Decided({"": list(objects)}))[0]


WIDGETS = [Defined(group="example.org", kind="Widget", namespaced=True)]
CRD = thing("CustomResourceDefinition", "widgets.example.org", api="apiextensions.k8s.io/v1", defines=WIDGETS)
