"""Specs as Kubernetes objects: ``manifests`` is pure, ``platform`` registers what it returns.

Nothing is imported here: the settings need ``args`` alone, and loading the Kubernetes SDK takes
about a second that a stack on Docker should not spend.
"""
