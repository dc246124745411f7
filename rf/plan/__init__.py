"""The offline plan: what a stack's program would create, without engine, plugin or credentials."""
