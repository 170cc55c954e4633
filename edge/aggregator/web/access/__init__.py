"""Who may see and do what: accounts, roles, sessions, forms, limits."""
