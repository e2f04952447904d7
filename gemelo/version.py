"""The version of this gemelo. What `gemelo` itself imports takes it from here: it must not import `gemelo`."""

__version__ = "0.1.0"
