"""Where the credentials of a session of botocore come from; never what they are."""

from __future__ import annotations

import botocore.exceptions as aws
from botocore.session import Session


def source_of(session: Session) -> str:
    """Where the credentials came from; nothing where there are none."""
    try:
        credentials = session.get_credentials()
    except (aws.BotoCoreError, aws.ClientError, ValueError, OSError):
        return ""
    return str(credentials.method) if credentials is not None else ""


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
