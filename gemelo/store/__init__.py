"""Runs, bundles and their files: what lies on disk, and how it is read, checked and written."""
