"""``make demo``: a bad version taken back and a good one promoted, by a real Envoy on loopback."""
