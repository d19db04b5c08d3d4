"""The commands, one file each; a group of commands is a folder. What is shown is in ``screen``."""
