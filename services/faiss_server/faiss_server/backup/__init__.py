"""Backups of the vector indexes in a bucket: made, listed, verified, restored, and drilled.

``names``, ``record``, ``retention`` and ``samples`` are pure; ``bucket``, ``server`` and
``scratch`` do what they decide. Nothing here needs faiss, numpy or the server's own libraries, but
the drill, which starts a server.
"""
