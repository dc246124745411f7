"""The command line ``rf``."""
