"""The selected environments: names, patterns, regions, profiles and groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from mwaa_shell.errors import ShellError, State, UsageError
from mwaa_shell.many.side_by_side import ask_all
from mwaa_shell.mwaa import Connection, EnvironmentRef
from mwaa_shell.names import keep_listing
from mwaa_shell.session import Session
from mwaa_shell.settings import Access, profile_of_boto3, with_region_or_profile
from mwaa_shell.suggestions import unknown


@dataclass(frozen=True, slots=True)
class Target:
    """An environment to run a command on, or a part that could not be listed."""

    label: str  #: the name, with region and profile if it is not unique
    text: str  #: a selection of this environment alone
    connection: Connection | None = None
    error: ShellError | None = None  #: why the environments of a pattern are not known


@dataclass(frozen=True, slots=True)
class _Item:
    """A part between commas, ``[PROFILE/]NAME[@REGION]``, perhaps a pattern."""

    text: str
    name: str
    region: str
    profile: str

    @property
    def is_pattern(self) -> bool:
        return any(char in self.name for char in "*?[")

    def access(self, base: Access) -> Access:
        profile = self.profile if self.profile and self.profile != profile_of_boto3(base) else None
        return with_region_or_profile(base, self.region or None, profile)


def items_in(which: str, groups: Mapping[str, Sequence[str]]) -> list[_Item]:
    """Return the parts of a selection, with groups in full; raise ``UsageError``."""
    return [_read(text) for text in _texts(which, groups)]


def _texts(which: str, groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for text in filter(None, (part.strip() for part in which.split(","))):
        if not text.startswith("@"):
            yield text
        elif text[1:] in groups:
            yield from groups[text[1:]]
        else:
            error = unknown("group", text, [f"@{name}" for name in sorted(groups)])
            error.hint = error.hint if groups else "Add it to [groups] in config.toml."
            raise error


def _read(text: str) -> _Item:
    profile, _, rest = text.rpartition("/")
    name, _, region = rest.partition("@")
    if not name or "@" in region:
        raise UsageError(f"'{text}' names no environment. Write NAME, NAME@REGION or PROFILE/NAME@REGION.")
    return _Item(text, "*" if name == ALL else name, region, profile)


def select(session: Session, which: str) -> list[Target]:
    """Return the selected environments by name, each once; may wait for AWS.

    Raises ``UsageError`` for a pattern that matches no environment. A region that cannot be listed is a target with an
    error.
    """
    items = items_in(which, session.settings.config.groups)
    if not items:
        raise UsageError("Name environments: a name, a pattern such as 'etl-*', @GROUP or all.")
    listed = _by_access(session, [one for one in items if one.is_pattern], list_all)
    named = _by_access(session, [one for one in items if not one.is_pattern], with_regions)
    found: dict[EnvironmentRef, Connection] = {}
    failed: dict[str, ShellError] = {}
    for item in items:
        access = item.access(session.access)
        listing = listed[access] if item.is_pattern else named[access]
        if listing.error is not None:
            failed.setdefault(item.text, listing.error)
            continue
        names = [one for one in listing.names if fnmatchcase(one, item.name)] if item.is_pattern else [item.name]
        if not names:
            message = f"No environment in {listing.place} fits '{item.text}'"
            raise UsageError(message, state=State.NOT_SENT, hint="List them with .envs.")
        for name in names:
            connection = _connection(session, name, access, listing.access)
            found.setdefault(connection.target, connection)
    labels = _labels(list(found))
    own = own_region(session) if found else ""
    targets = [Target(labels[ref], _text(session, ref, own), connection) for ref, connection in found.items()]
    targets += [Target(text, text, error=error) for text, error in failed.items()]
    return sorted(targets, key=lambda one: one.label)


def _by_access(
    session: Session, items: Sequence[_Item], ask: Callable[[Session, Sequence[Access]], list[EnvironmentListing]]
) -> dict[Access, EnvironmentListing]:
    wanted = list(dict.fromkeys(one.access(session.access) for one in items))
    return dict(zip(wanted, ask(session, wanted) if wanted else (), strict=True))


def _connection(session: Session, name: str, wanted: Access, placed: Access) -> Connection:
    """Return a connection with an explicit region, so that each environment is one."""
    connection = session.connections.get(EnvironmentRef(name, wanted))
    if not connection.target.access.region:  # config.toml has no region either
        connection = session.connections.get(EnvironmentRef(name, placed))
    here = session.target
    if here is not None and here.name == name:
        region = here.access.region or session.connection.region
        if here.access._replace(region=region) == connection.target.access:
            return session.connection
    return connection


def _text(session: Session, ref: EnvironmentRef, own: str) -> str:
    """Return the text that selects one environment; ``own`` is the default region."""
    profile = f"{ref.access.profile}/" if ref.access.profile and ref.access.profile != session.access.profile else ""
    region = "" if ref.access.region in (None, own) and not profile else f"@{ref.access.region}"
    return f"{profile}{ref.name}{region}"


def _labels(refs: Sequence[EnvironmentRef]) -> dict[EnvironmentRef, str]:
    """Return the shortest name of each environment that no other one has."""
    forms: list[Callable[[EnvironmentRef], str]] = [
        lambda ref: ref.name,
        lambda ref: f"{ref.name}@{ref.access.region}",
        lambda ref: f"{profile_of_boto3(ref.access)}/{ref.name}@{ref.access.region}",
    ]
    counts = [Counter(map(form, refs)) for form in forms]
    return {
        ref: next(
            (form(ref) for form, count in zip(forms, counts, strict=True) if count[form(ref)] == 1), forms[-1](ref)
        )
        for ref in refs
    }


#: The word for every region with MWAA, and for every environment.
ALL = "all"


class EnvironmentListing(NamedTuple):
    """The environments of one profile and region, or the error instead."""

    place: str  #: how messages call it
    access: Access  #: with its region
    names: tuple[str, ...] = ()
    error: ShellError | None = None


def accesses(session: Session, profiles: Sequence[str], regions: Sequence[str]) -> list[Access]:
    """Return the ways to reach each region with each profile."""
    base = session.access
    if tuple(regions) == (ALL,):
        api = session.connections.get(EnvironmentRef("", base)).api
        regions = session.wait_for("asking for the regions", base.timeout, api.places)[1]
    return [
        with_region_or_profile(base, region, profile if profile != profile_of_boto3(base) else None)
        for profile in (profiles or (None,))
        for region in (regions or (None,))
    ]


def list_all(session: Session, wanted: Sequence[Access]) -> list[EnvironmentListing]:
    """Return the environments of each region and profile, and keep their names."""

    def ask(access: Access) -> EnvironmentListing:
        found, connection = _place(session, access), session.connections.get(EnvironmentRef("", access))
        try:
            found = found._replace(names=tuple(connection.api.names()))
        except ShellError as error:
            return found._replace(error=error)
        keep_listing(found.names, connection.target.access, found.access.region or "")
        return found

    listings = ask_all(session, "listing environments", wanted, ask)
    _keep_for_completion(session, [one for one in listings if one.error is None])
    return listings


def with_regions(session: Session, wanted: Sequence[Access]) -> list[EnvironmentListing]:
    """Return the region of each access, without its environments or a request."""
    return ask_all(session, "reading the configuration of AWS", wanted, lambda access: _place(session, access))


def own_region(session: Session) -> str:
    """Return the region of names without one."""
    return session.connections.get(EnvironmentRef("", session.access)).api.region


def _place(session: Session, access: Access) -> EnvironmentListing:
    region = session.connections.get(EnvironmentRef("", access)).api.region
    own = access.profile if access.profile != session.access.profile else None
    place = "/".join(one for one in (own, region) if one) or "this region"
    return EnvironmentListing(place, access._replace(region=region or access.region))


def _keep_for_completion(session: Session, listings: Sequence[EnvironmentListing]) -> None:
    """Keep the names for completion, with another region than the default."""
    own = own_region(session)
    reached = [one for one in listings if one.access.profile == session.access.profile]
    names = [
        name if one.access.region == own else f"{name}@{one.access.region}" for one in reached for name in one.names
    ]
    if reached:
        session.listed_environments = tuple(names)


def describe_all(session: Session, connections: Sequence[Connection]) -> list[ShellError | None]:
    """Load the facts of each environment; return the errors in order."""

    def load(connection: Connection) -> ShellError | None:
        try:
            return connection.load_info(again=True)
        except ShellError as error:
            return error

    return ask_all(session, "asking AWS about the environments", connections, load)
