"""The evaluation kernel: estimators, tests and intervals with numpy and scipy, from values to values. Pure.

`estimates` holds the values that go in and come out and loads no numpy, so that the web process may import it.
"""
