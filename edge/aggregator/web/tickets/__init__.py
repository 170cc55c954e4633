"""Shoppers' own tickets: opened by a token, followed live, explained in plain words."""
