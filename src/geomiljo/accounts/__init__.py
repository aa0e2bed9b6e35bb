"""API keys, sessions and sign-in: how a caller is known."""
