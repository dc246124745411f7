"""The rollout controller's statistics, measured beside the published algorithms of others."""
