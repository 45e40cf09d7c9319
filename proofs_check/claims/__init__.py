"""The claims, one file a topic; each is almost pure data."""
