"""Commands on several environments: selected, planned, run and merged."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.many.plan import confirm_all, make_steps
    from mwaa_shell.many.run import ManyOptions, run_on
    from mwaa_shell.many.selection import accesses, describe_all, items_in, list_all, select
    from mwaa_shell.many.side_by_side import MOST
else:
    __getattr__, __all__ = lazy(__name__, __file__)
