"""The guide's health checks as one command: ask everything once, say what answered and what to do.

What is asked follows from the specs of a stack (``questions``), how it is reached from its platform
(``reach``), and what an answer means is decided by pure functions (``verdicts``, ``monitoring``,
``host``).
"""
