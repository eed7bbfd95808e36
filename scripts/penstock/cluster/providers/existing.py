"""The provider existing: a cluster that Penstock did not create, reached by a context of the user's kubeconfig."""

from __future__ import annotations

import json
from functools import partial

from penstock.cluster.actions import Action, Plan
from penstock.cluster.providers.provider import Address, Problem, Provider
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run
from penstock.platform.cluster import Cluster
from penstock.tools.on_path import FLUX
from penstock.tools.resolver import resolve

_SECONDS = 10


class Existing(Provider):
    """A cluster that Penstock never creates or deletes."""

    name = "existing"
    banner = "existing: a cluster that Penstock did not create; it is changed for real, and never created or deleted"
    makes = False
    sources = ("remote",)

    def fits(self, cluster: Cluster) -> str:
        return "" if cluster.existing else "its file in environments/ has no `cluster.existing.server`"

    def missing(self) -> str:
        return FLUX.lacks()

    def problems(self, session: Session) -> list[Problem]:
        lacks = FLUX.lacks()
        found = [Problem(lacks, FLUX.fix)] if lacks else []
        try:
            self._refuse_other(session)
            _refuse_silent(session)
        except PenstockError as error:
            found.append(Problem(error.message, error.hint))
        return found

    def create(self, session: Session, _: Step) -> Plan:
        def write(command: Command) -> str:
            self._refuse_other(session)
            _refuse_silent(session)
            write_atomically(session.state.kubeconfig, run(command).stdout, 0o600)
            return f"the cluster of the context {session.recorded.context}, which was only read"

        command, target = partial(_view, session.recorded.context, "--raw"), session.state.kubeconfig
        yield Action(command, f"the context, written to {target}", run=write)

    def address(self, session: Session) -> Address | None:
        return None

    def _refuse_other(self, session: Session) -> None:
        """Raise PenstockError if the context's cluster isn't the environment's."""
        assert session.cluster.existing is not None, "choose() asks whether the environment fits"
        wanted, context = session.cluster.existing.server, session.recorded.context
        try:
            found = json.loads(run(_view(context, "-o", "json")).stdout)
        except CommandFailed as failure:
            raise PenstockError(
                f"the context `{context}` can't be read: {failure.result.complaint}", "kubectl config get-contexts"
            ) from None
        clusters = found.get("clusters") or [{"cluster": {}}]
        server = clusters[0]["cluster"].get("server", "nowhere")
        if _plain(server) != _plain(wanted):
            raise PenstockError(
                f"the context {context} is not the cluster of {session.environment}: it leads to {server}, and "
                f"environments/ says {wanted}",
                f"give the --context of that cluster, or fix cluster.existing.server of {session.environment}",
            )


def _refuse_silent(session: Session) -> None:
    """Raise PenstockError if the API server doesn't answer in time, or rejects the credentials."""
    context = session.recorded.context
    argv = [f"--context={context}", f"--request-timeout={_SECONDS}s", "get", "--raw", "/readyz"]
    try:
        # A credential plugin takes time, too.
        run(Command([resolve("kubectl"), *argv], timeout=2 * _SECONDS))
    except (CommandFailed, CommandTimedOut) as failure:
        said = failure.result.complaint.splitlines()[-1:] if isinstance(failure, CommandFailed) else []
        raise PenstockError(
            f"the cluster of the context {context} doesn't answer: {' '.join(said) or failure.message}",
            f"kubectl --context={context} get --raw /readyz, once that says ok",
        ) from None


def _view(context: str, *argv: str) -> Command:
    """Return the command that prints a context with all that it refers to, from any file of $KUBECONFIG."""
    return Command([resolve("kubectl"), "config", "view", "--minify", "--flatten", f"--context={context}", *argv])


def _plain(server: str) -> str:
    return server.lower().removesuffix("/").removesuffix(":443")
