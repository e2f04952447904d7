"""From a model that somebody trained elsewhere to a run: `importers.importing.import_model(path, out, ...)`.

Imports only `gemelo`; what it leaves on disk is the whole of its contact with `exporters`.
"""
