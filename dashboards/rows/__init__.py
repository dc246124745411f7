"""Rows that boards share, or that fill a file of their own."""
