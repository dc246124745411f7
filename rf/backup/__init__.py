"""``rf backup``: the tool of the FAISS server's image, run where it can do its work."""
