"""Default timeouts and sizes."""

from __future__ import annotations

#: Seconds to wait for a connection to be made, on both sides.
CONNECT_TIMEOUT = 10.0
#: Seconds to wait for an answer: MWAA's gateway gives up at about 60.
READ_TIMEOUT = 75.0
#: Longest reply that is taken, in MB after decompression.
MAX_REPLY = 512
