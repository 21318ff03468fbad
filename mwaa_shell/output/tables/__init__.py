"""Records as people read them, and in the formats that programs read."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.output.tables.cells import label
    from mwaa_shell.output.tables.secrets import has_secrets, mask_message, mask_output, shows_secrets
else:
    __getattr__, __all__ = lazy(__name__, __file__)
