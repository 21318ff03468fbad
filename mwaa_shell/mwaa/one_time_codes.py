"""Roles that want the code of an MFA device: botocore would ask for it at the terminal, behind the back of the prompt.

So nobody is asked. The AWS CLI may: what it got for a code it keeps for as long as that holds, under a name that
botocore makes in the same way, and it is read here. Nothing is written: credentials stay in memory.
"""

from __future__ import annotations

import os
import shlex
from typing import Any

import botocore.exceptions as aws
from botocore.session import Session
from botocore.utils import JSONFileCache, parse_timestamp

from mwaa_shell.errors import CredentialsProblem

KEY = ("AccessKeyId", "SecretAccessKey", "SessionToken")


class CodeWanted(aws.BotoCoreError):  # type: ignore[misc]
    """Credentials that cannot be had without asking somebody for a code."""

    fmt = "A code of an MFA device is wanted"


class _OfTheAwsCli(JSONFileCache):  # type: ignore[misc]
    """Credentials of roles that the AWS CLI has fetched, and those that were fetched here."""

    def __init__(self) -> None:
        super().__init__(os.path.expanduser("~/.aws/cli/cache"))
        self._own: dict[str, Any] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._own or self._usable(key)

    def __getitem__(self, key: str) -> Any:
        return self._own[key] if key in self._own else super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._own[key] = value

    def _usable(self, key: str) -> bool:
        """Whether the file is there and has what botocore looks for without care."""
        try:
            found = super().__getitem__(key)["Credentials"]
            over = parse_timestamp(found["Expiration"])
            return over.tzinfo is not None and all(isinstance(found[one], str) for one in KEY)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            return False


def never_ask(session: Session) -> None:
    """Let a session raise ``CodeWanted`` where it would ask for a code that the AWS CLI has not asked for before."""
    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider.cache = _OfTheAwsCli()
    provider._prompter = _refuse  # there is no other way to it than to list all providers anew


def _refuse(_: str) -> str:
    raise CodeWanted


def wanted(error: Exception, profile: str) -> CredentialsProblem | None:
    """What to do about it, where an error is for want of a code."""
    if not isinstance(error, CodeWanted | aws.RefreshWithMFAUnsupportedError):
        return None
    named = f" --profile {shlex.quote(profile)}" if profile else ""
    whose = f"profile {profile}" if profile else "the profile"
    return CredentialsProblem(
        f"The role of {whose} wants an MFA code, nothing ran: run aws sts get-caller-identity{named}, "
        "which asks for it; what it gets is used here"
    )
