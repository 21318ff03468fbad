"""The Airflow CLI as knowledge: pure functions from values to values. Imported by module."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Modules that an importer can name without importing them yet, as ``airflow.grammar``.
    from mwaa_shell.airflow import arguments, completion, grammar, knowledge, line_rules, secrets
else:
    __getattr__, __all__ = lazy(__name__, __file__)
