"""The provider existing: a cluster that others made, reached by a context of the user's kubeconfig."""

from __future__ import annotations

import json

from penstock.cluster import flux_pods
from penstock.cluster.providers.provider import Address, Problem, Provider
from penstock.cluster.session import Session
from penstock.cluster.settings import Cluster
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.core.process import Command, CommandFailed, run
from penstock.tools import modules, resolver
from penstock.tools.on_path import FLUX
from penstock.tools.resolver import resolve


class Existing(Provider):
    """A cluster that is never made or deleted here."""

    name = "existing"
    banner = "existing: a cluster that others made; it is changed for real, and neither made nor deleted"
    makes = False
    sources = ("remote",)

    def fits(self, cluster: Cluster) -> str:
        return "" if cluster.existing else "its file in environments/ has no `cluster.existing.server`"

    def missing(self) -> str:
        return FLUX.lacks()

    def problems(self, session: Session) -> list[Problem]:
        found = [Problem(FLUX.lacks(), "mise install, or install that version your own way")] if FLUX.lacks() else []
        if not session.noted.context:
            return [
                *found,
                Problem("which cluster? No context was given", "add --context NAME: kubectl config get-contexts"),
            ]
        try:
            self._refuse_other(session)
        except PenstockError as error:
            found.append(Problem(error.message, error.hint))
        return found

    def prepare(self) -> None:
        resolver.ensure(["kubectl"])
        modules.ensure()

    def create(self, session: Session, step: Step) -> str:
        step.note(f"reading the context {session.noted.context}")
        self._refuse_other(session)
        write_atomically(session.state.kubeconfig, run(_view(session.noted.context, "--raw")).stdout, 0o600)
        return session.noted.context

    def create_commands(self, session: Session) -> list[Command]:
        return []

    def install_flux(self, session: Session, step: Step) -> str:
        return flux_pods.install(session, step)

    def flux_commands(self, session: Session) -> list[Command]:
        return flux_pods.commands(session)

    def address(self, session: Session) -> Address | None:
        return None

    def delete(self, session: Session) -> list[str]:
        return []

    def delete_commands(self, session: Session) -> list[Command]:
        return []

    def _refuse_other(self, session: Session) -> None:
        """PenstockError when the context leads to another cluster than the environment's."""
        assert session.cluster.existing is not None, "choose() asks whether the environment fits"
        wanted, context = session.cluster.existing.server, session.noted.context
        try:
            found = json.loads(run(_view(context, "-o", "json")).stdout)
        except CommandFailed as failure:
            raise PenstockError(
                f"the context `{context}` can't be read: {failure.result.complaint}", "kubectl config get-contexts"
            ) from None
        server = found["clusters"][0]["cluster"]["server"]
        if _plain(server) != _plain(wanted):
            raise PenstockError(
                f"the context {context} is not the cluster of {session.environment}: it leads to {server}, and "
                f"environments/ says {wanted}",
                f"give the --context of that cluster, or mend cluster.existing.server of {session.environment}",
            )


def _view(context: str, *words: str) -> Command:
    """One context of the user's kubeconfig with all that it needs, wherever $KUBECONFIG says that it is."""
    return Command([resolve("kubectl"), "config", "view", "--minify", "--flatten", f"--context={context}", *words])


def _plain(server: str) -> str:
    return server.lower().removesuffix("/").removesuffix(":443")
