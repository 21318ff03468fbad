"""Cached names of DAGs, runs, variables and so on, for completion and for checks."""

from mwaa_shell.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mwaa_shell.names.cache_files import (
        ListedEnvironment,
        cache_folder,
        identify,
        keep_listing,
        recall,
        remembered_environments,
    )
    from mwaa_shell.names.extract import triggered_run
    from mwaa_shell.names.fetch import TITLES, title
    from mwaa_shell.names.model import OF_A_DAG
    from mwaa_shell.names.refresher import NameRefresher, name_candidates
else:
    __getattr__, __all__ = lazy(__name__, __file__)
