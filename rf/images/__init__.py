"""``rf images``: which content a stack's images have, as their registries tell."""
