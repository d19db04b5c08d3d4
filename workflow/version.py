"""The software's version, which every entry names."""

VERSION = "0.1.0"
