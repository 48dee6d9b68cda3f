"""Several judges asked together: how they are named, and how their votes are joined."""
