"""The pack ``thresholds``: what is too weak, too sudden or too expensive."""
