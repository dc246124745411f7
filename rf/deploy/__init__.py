"""``rf up`` and ``rf down``: the Pulumi CLI with all of its state inside the project."""
