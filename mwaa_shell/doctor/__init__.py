"""What works from here, what does not, and what to do about it: ``mwaa-shell doctor`` and ``.doctor``.

One check is one finding. A check that cannot be made because an earlier one failed is skipped, and says so; each is
bounded in time. Nothing is changed, on this machine or on the environment, and nothing secret is shown.
"""
