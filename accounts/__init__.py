"""Units, people, their posts and roles, and how they sign in."""
