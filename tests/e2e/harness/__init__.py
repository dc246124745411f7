"""The platform's servers as real processes: start, send traffic, break a part, read metrics."""
