"""What people do, one transaction each. ``Trial`` is the way in; the rooms below decide, keep and read."""
