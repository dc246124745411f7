"""Policy packs: what must hold of every resource before anything is applied."""
