"""What boto3 and requests need, in an order in which each needs those before it, some milliseconds a piece.

Neither is among them: what is left of them is imported where they are used.

For a thread that imports them while somebody types: between two pieces a key can go first. Within one it cannot, as
Python imports one module at a time in all threads together.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator

#: The modules that take long, after what they import. One that a version does not have is left out.
PIECES = (
    "email.charset", "email.utils", "email.parser", "ssl", "http.client", "hashlib", "zipfile", "importlib.metadata",
    "importlib.resources", "urllib3",
    "urllib.request", "http.cookiejar", "inspect", "six", "dateutil.tz", "xml.etree.ElementTree", "botocore.exceptions",
    "botocore.compat", "dateutil.parser", "platform", "botocore.useragent", "botocore.utils",
    "botocore.auth", "botocore.model", "botocore.eventstream", "botocore.parsers", "botocore.httpchecksum", "jmespath",
    "html.parser", "botocore.docs.service", "botocore.waiter", "botocore.endpoint", "botocore.args", "configparser",
    "botocore.configloader", "botocore.credentials", "botocore.configprovider", "botocore.client", "botocore.handlers",
    "botocore.session", "pickle", "multiprocessing.context", "subprocess", "multiprocessing.managers", "s3transfer",
    "s3transfer.manager",
)  # fmt: skip


#: Held by whoever imports any of it. Two threads that import modules which need each other, each from another end,
#: would wait for each other: Python gives one of them a module that is half there.
ALONE = threading.RLock()


def import_in_pieces() -> Iterator[str]:
    """Import one after the other, each when the next is asked for; its name."""
    for name in PIECES:
        try:
            with ALONE:
                importlib.import_module(name)
        except ImportError:
            continue
        yield name
