"""The limits that AWS sets to ``InvokeRestApi``, for a local environment to have them too.

AWS documents 6 MB for a response and about 10 calls a second. The errors are those of the service model. Which of them
a long response gets is not documented.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from mwaa_shell.local.aws_api import AwsError

#: Calls that AWS takes within a second.
A_SECOND = 10
#: Bytes of the longest response that AWS passes on.
LONGEST = 6 * 1024 * 1024

Invoke = Callable[[bytes], dict[str, Any]]


class LimitedRest:
    """The REST API of one environment within the limits of AWS."""

    def __init__(self, invoke: Invoke, clock: Callable[[], float] = time.monotonic) -> None:
        self._invoke = invoke
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: deque[float] = deque([-math.inf] * A_SECOND, A_SECOND)

    def invoke(self, body: bytes) -> dict[str, Any]:
        """Return the reply to one call; raise ``AwsError`` for a call too many or a response that is too long."""
        self._count()
        reply = self._invoke(body)
        if len(json.dumps(reply).encode()) > LONGEST:
            words = {"detail": "The response is longer than 6 MB"}
            members = {"RestApiStatusCode": 413, "RestApiResponse": words}
            raise AwsError(400, "RestApiClientException", "", members)
        return reply

    def _count(self) -> None:
        """Count one call, unless it is one too many."""
        with self._lock:
            now = self._clock()
            if now - self._taken[0] < 1:
                raise AwsError(429, "ThrottlingException", "Rate exceeded")
            self._taken.append(now)
