"""inv images --sbom: the images of an environment as a software bill of materials, CycloneDX 1.6."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from penstock.verbs.images import Listed


def sbom(images: list[Listed]) -> str:
    """Return the bill of materials as JSON, one component of the type `container` for each image.

    The same images have the same serial number.
    """
    serial = uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(each.image for each in images))
    bom = Bom(serial_number=serial, components=[_component(each) for each in images])
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _component(image: Listed) -> Component:
    digest = image.digest.removeprefix("sha256:")
    return Component(
        name=image.repository,
        version=image.tag or image.digest,
        type=ComponentType.CONTAINER,
        bom_ref=image.image,
        purl=_purl(image),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else [],
        properties=_properties(image),
    )


def _purl(image: Listed) -> PackageURL:
    """Return the package URL: https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md."""
    name = image.repository.rpartition("/")[2].lower()
    qualifiers = {"repository_url": image.repository} | ({"tag": image.tag} if image.tag else {})
    return PackageURL("oci", None, name, image.digest or None, qualifiers)


def _properties(image: Listed) -> Iterator[Property]:
    yield from (Property(name="penstock:used-by", value=user) for user in image.users)
    if image.size is not None:
        yield Property(name="penstock:size-in-bytes", value=str(image.size))
