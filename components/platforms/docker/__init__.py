"""Specs as containers on one machine."""
