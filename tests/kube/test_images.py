"""References of images are completed as container runtimes do."""

from __future__ import annotations

import pytest

from penstock.core.errors import PenstockError
from penstock.kube.images import ImageRef

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "repository", "tag", "digest", "runtime_name"),
    [
        ("busybox", "docker.io/library/busybox", "", "", "docker.io/library/busybox:latest"),
        ("redis:8", "docker.io/library/redis", "8", "", "docker.io/library/redis:8"),
        ("grafana/loki:3.7.6", "docker.io/grafana/loki", "3.7.6", "", "docker.io/grafana/loki:3.7.6"),
        ("localhost/a:1", "localhost/a", "1", "", "localhost/a:1"),
        ("registry:5000/a/b", "registry:5000/a/b", "", "", "registry:5000/a/b:latest"),
        (
            "registry.example:5000/a:1_2.3-4",
            "registry.example:5000/a",
            "1_2.3-4",
            "",
            "registry.example:5000/a:1_2.3-4",
        ),
        (f"quay.io/a/b:v1@{DIGEST}", "quay.io/a/b", "v1", DIGEST, f"quay.io/a/b@{DIGEST}"),
        (f"b@{DIGEST}", "docker.io/library/b", "", DIGEST, f"docker.io/library/b@{DIGEST}"),
    ],
)
def test_a_reference_is_completed(text: str, repository: str, tag: str, digest: str, runtime_name: str) -> None:
    ref = ImageRef.parse(text)
    assert (ref.repository, ref.tag, ref.digest, ref.runtime_name) == (repository, tag, digest, runtime_name)
    assert ImageRef.parse(str(ref)) == ref


@pytest.mark.parametrize("text", ["", "a b", "a:", "a@sha256:0a", "https://quay.io/a", "a//b:1:2", ":1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PenstockError, match="is no reference of an image"):
        ImageRef.parse(text)
