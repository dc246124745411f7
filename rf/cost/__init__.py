"""The monthly estimate on the command line."""
