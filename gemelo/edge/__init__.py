"""A pack: what a device needs to answer, and nothing else. One model, its labels and goldens, and a program."""
