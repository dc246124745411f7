"""What rules are written with, and what runs them. ``pack`` alone needs the policy SDK."""
