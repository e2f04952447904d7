"""Faults planted into copies of models that are here, and pairs of files that agree."""
