"""From a folder of photos to a run: `trainer.train.train(TrainOptions(data=..., out=...))`.

Imports only `gemelo`; what it leaves on disk is the whole of its contact with `exporters`.
"""
