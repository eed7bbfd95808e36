"""Ends the pod that checks DNS, as a node would that can resolve names: simulated ones leave it running for ever."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.tools.kubectl import Kubectl

POD = ("pod/penstock-dns-check", "-n", "kube-system")
KUBECTL = Kubectl(Path(sys.argv[1]))


def end() -> None:
    """Wait for the pod, end it, and wait until it is gone."""
    KUBECTL.run("wait", "--for=create", *POD, "--timeout=600s", timeout=610)
    KUBECTL.run("wait", "--for=jsonpath={.status.phase}=Running", *POD, "--timeout=60s", timeout=70)
    found = json.loads(KUBECTL.run("get", *POD, "-o", "json").stdout)
    ended = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    statuses = [{**item, "ready": False, "state": ended} for item in found["status"]["containerStatuses"]]
    status = {"status": {"phase": "Succeeded", "containerStatuses": statuses}}
    KUBECTL.run("patch", *POD, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    KUBECTL.run("wait", "--for=delete", *POD, "--timeout=60s", timeout=70)


while KUBECTL.is_ready():
    try:
        end()
    except PenstockError as error:
        print(error, file=sys.stderr)
