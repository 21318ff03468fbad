"""What is known of lines that have not run yet, while those behind them are checked."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Ahead:
    """What the lines before will have done."""

    saved: dict[str, str | None] = field(default_factory=dict)  #: commands that have been saved or dropped, by name
    version_known: bool = True  #: behind a ``.use`` nobody knows yet which Airflow it will be
    environment: str = ""  #: the one that a ``.use`` will have opened
