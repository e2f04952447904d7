"""Kinds of model files. The folder is the registry: a new kind is one new file.

Each file has the same names:

    SUMMARY                  a line for the help
    recognizes(place) -> bool    whether this is what it reads, told by content
    load(place, options) -> Loaded
"""
