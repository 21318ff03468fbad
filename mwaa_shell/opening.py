"""Which environment a session is on where nobody has said, and what AWS knows of it: what is asked before a line runs.

Nothing here changes anything; all of it waits for AWS, for so long and no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mwaa_shell.errors import NothingRan, PermissionMissing, ShellError, UsageError
from mwaa_shell.front import NONE_CHOSEN
from mwaa_shell.link import Link, Target
from mwaa_shell.mwaa.environment import Environment
from mwaa_shell.settings import Access

if TYPE_CHECKING:
    from mwaa_shell.session import Session


class Opening:
    """Finds an environment for one session, and out about it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: set[Target] = set()  #: of which it has been said what is not allowed there

    def names(self, access: Access) -> list[str]:
        """The names of the environments that ``access`` sees; waits for AWS."""
        link = self._session.links.to(Target("", access))
        names = self._session.wait_for("listing environments", access.timeout, lambda: link.environments.names())  # noqa: PLW0108  (its attribute makes the client)
        self.keep_names(names, link)
        return names

    def keep_names(self, names: Sequence[str], link: Link) -> None:
        """Have these names for completion, here and in whatever shell starts this one."""
        from mwaa_shell.catalog import listed

        self._session.known_names = tuple(names)
        listed.keep(names, link.target.access, link.environments.region)

    def describe(self, link: Link) -> Environment:
        """What GetEnvironment knows of a link's environment; waits for AWS, raises if it is not told."""

        def ask() -> Environment:
            error = link.describe(again=True)
            if error is not None:
                raise error
            return link.known

        return self._session.wait_for("asking AWS", link.target.access.timeout, ask)

    def open_default(self) -> None:
        """Go to the only environment of the region, or to the one that the user chooses. Raises where there is none."""
        access = self._session.settings.access
        try:
            names = self.names(access)
        except PermissionMissing as error:
            raise PermissionMissing(f"{error}; name an environment: mwaa-shell NAME", error.action) from None
        region = self._session.links.to(Target("", access)).environments.region or "this region"
        if not names:
            raise NothingRan(f"There is no environment in {region}: name another with --region or --profile")
        self._session.open(self._one_of(names, access, region), access)

    def _one_of(self, names: Sequence[str], access: Access, region: str) -> str:
        """The only name, or the one that the user chooses; raises where nobody chooses."""
        if len(names) == 1:
            return names[0]
        choose = self._session.front.choose
        if choose is None or (chosen := choose(self._session, access, names)) == "":
            raise UsageError(f"There are {len(names)} environments in {region}, name one of them: {', '.join(names)}")
        if chosen is None:
            raise UsageError(NONE_CHOSEN)
        return chosen

    def learn_version(self) -> None:
        """Wait until AWS has told about the environment, or has not; say once what is not allowed and what it costs."""
        link = self._session.link
        error = link.describe() if link.described else self._ask_about(link)
        if isinstance(error, PermissionMissing) and link.target not in self._told:
            self._told.add(link.target)
            unknown = "status and access mode" if link.version else "Airflow version, status and access mode"
            advice = "" if link.version else " (--airflow-version says the version)"
            self._session.front.note(
                f"{error.action} is not allowed on {link.target.name}: its {unknown} are not known{advice}"
            )

    def _ask_about(self, link: Link) -> ShellError | None:
        """Ask what AWS knows of the environment; what sends commands is imported while it answers, not behind that.

        At a prompt that has been done by whoever warms it up.
        """
        if not self._session.watched:
            _ = link.environments.region  # makes the client that asks
        meanwhile = None if self._session.watched else link.get_ready
        limit = link.target.access.timeout
        return self._session.wait_for("asking AWS about the environment", limit, link.describe, meanwhile=meanwhile)

    def ensure_open(self) -> None:
        """Be on an environment: the only one of the region, or the one that the user chooses."""
        if self._session.here is None:
            self.open_default()
