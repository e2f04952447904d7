"""Models as other people make them: 24 recipes, each with a pipeline of its own, imported, exported and detected."""
