"""The platform's servers as real processes: start them, send traffic, break a part, read metrics."""
