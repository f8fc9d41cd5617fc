"""Who may do what: memberships, roles and their order, permissions."""
