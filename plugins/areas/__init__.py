"""The work areas: each folder is one plugin."""
