"""The pack ``security``: what is unsafe."""
