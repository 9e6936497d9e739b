"""Every hook that a plugin can implement: the table of contents of what plugs in."""
