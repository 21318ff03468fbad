"""Where the credentials of a session of botocore come from; never what they are."""

from __future__ import annotations

from typing import Any

import botocore.exceptions as aws
from botocore.session import Session

from mwaa_shell import debug


def source_of(session: Session) -> str:
    """Where the credentials came from; nothing where there are none."""
    try:
        credentials = session.get_credentials()
    except (aws.BotoCoreError, aws.ClientError, ValueError, OSError):
        return ""
    return str(credentials.method) if credentials is not None else ""


def tell_of(session: Session, client: Any) -> None:
    """Tell the debug log where AWS is asked, and which key must not stand in it; a log changes nothing else."""
    if not debug.is_on():
        return
    source = source_of(session)
    if source:
        try:
            key = session.get_credentials().get_frozen_credentials()
            debug.keep_out(key.access_key, key.secret_key, key.token)
        except Exception as error:  # the call that comes next says so
            debug.event("credentials", source=source, outcome=type(error).__name__)
    debug.event(
        "client", region=client.meta.region_name, endpoint=client.meta.endpoint_url, credentials=source or "none"
    )


def login_profile(session: Session, profile: str) -> str:
    """The profile that has an SSO login: this one, or one that it builds its role on."""
    profiles = session.full_config.get("profiles", {})
    name, seen = profile or "default", set()
    while name not in seen:
        seen.add(name)
        known = profiles.get(name, {})
        if "sso_session" in known or "sso_start_url" in known:
            return str(name) if name != "default" or profile else ""
        name = known.get("source_profile", name)
    return ""
