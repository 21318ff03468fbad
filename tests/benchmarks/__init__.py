"""What is promised about time, as ratios taken within one run. Nothing here is collected by pytest.

Each file is a command: ``python -m tests.benchmarks.start_up``.
"""
