"""``rf clients``: who may use the gateway from outside."""
