"""What is printed on a terminal: by `gemelo`, and by the `classify.py` of a pack."""
